// The plane of two inputs: points, and what the network says of every place.

import { make } from "./dom.js";
import { colorOf } from "./examples.js";

const SIDE = 360; // pixels
const NEAR = 10; // pixels within which a point is pressed

/**
 * @typedef {{points: number[][], kinds: number[], many: number, shown: number, edge: number,
 *   field: {value: number[][], kind: number[][] | null}}} Plane
 */

/** Draws a plane; says `point` with the number of a point that is pressed, `place` with a place that has none. */
export class PlanePlot extends HTMLElement {
  constructor() {
    super();
    this.plane = /** @type {Plane | null} */ (null);
    this.canvas = /** @type {HTMLCanvasElement} */ (
      make("canvas", { class: "plot", width: SIDE, height: SIDE, role: "img", "aria-label": "points, and what the network says of the plane", onclick: (/** @type {MouseEvent} */ e) => this.press(e) })
    );
  }

  connectedCallback() {
    this.append(this.canvas);
  }

  /** @param {Plane} plane */
  show(plane) {
    this.plane = plane;
    const pen = this.canvas.getContext("2d");
    if (!pen) return;
    pen.clearRect(0, 0, SIDE, SIDE);
    this.drawField(pen, plane);
    plane.points.forEach((point, n) => {
      const [x, y] = toPlot(point, plane.edge);
      pen.beginPath();
      pen.arc(x, y, n === plane.shown ? 8 : 5.5, 0, 7);
      pen.fillStyle = this.color(plane.kinds[n], plane.many);
      pen.fill();
      pen.lineWidth = n === plane.shown ? 3 : 1.5;
      pen.strokeStyle = n === plane.shown ? "#000" : "#fff";
      pen.stroke();
    });
  }

  /** @param {CanvasRenderingContext2D} pen @param {Plane} plane */
  drawField(pen, { field, many }) {
    const side = SIDE / field.value.length;
    const colors = Array.from({ length: many }, (_, kind) => this.color(kind, many));
    field.value.forEach((row, i) =>
      row.forEach((value, j) => {
        const kind = field.kind ? field.kind[i][j] : Number(value > 0.5);
        const sure = field.kind ? (value - 1 / many) / (1 - 1 / many) : 2 * Math.abs(value - 0.5);
        pen.globalAlpha = Math.min(0.75, 0.75 * sure);
        pen.fillStyle = colors[kind];
        pen.fillRect(j * side, i * side, side, side);
      }),
    );
    pen.globalAlpha = 1;
  }

  /** A canvas knows no variables of a style sheet. @param {number} kind @param {number} many */
  color(kind, many) {
    const color = colorOf(kind, many);
    const token = /^var\((.+)\)$/.exec(color)?.[1];
    return token ? getComputedStyle(this).getPropertyValue(token).trim() : color;
  }

  /** @param {MouseEvent} event */
  press(event) {
    if (!this.plane) return;
    const { edge, points } = this.plane;
    const scale = SIDE / this.canvas.getBoundingClientRect().width;
    const [px, py] = [event.offsetX * scale, event.offsetY * scale];
    const near = points.findIndex((point) => {
      const [x, y] = toPlot(point, edge);
      return Math.hypot(x - px, y - py) < NEAR;
    });
    const place = [(2 * edge * px) / SIDE - edge, edge - (2 * edge * py) / SIDE].map((v) => Math.round(100 * v) / 100);
    const detail = near < 0 ? { place, isOther: event.shiftKey } : near;
    this.dispatchEvent(new CustomEvent(near < 0 ? "place" : "point", { detail }));
  }
}

/** @param {number[]} point @param {number} edge @returns {[number, number]} */
function toPlot([x, y], edge) {
  return [(SIDE * (x + edge)) / (2 * edge), (SIDE * (edge - y)) / (2 * edge)];
}

customElements.define("plane-plot", PlanePlot);
