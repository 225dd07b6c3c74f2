// A sheet to draw a digit on, with mouse, finger or pen.

import { make } from "./dom.js";

const SIDE = 280; // pixels
const PEN = 16; // pixels
const MOST = 20; // strokes that are taken
const LONGEST = 400; // points of a stroke

/** Says `drawn` with the strokes, points of 0 to 1 from the upper left, each time that the pen is lifted. */
export class DigitSheet extends HTMLElement {
  constructor() {
    super();
    /** @type {number[][][]} */
    this.strokes = [];
    this.isDown = false;
    this.canvas = /** @type {HTMLCanvasElement} */ (
      make("canvas", {
        class: "plot digit", width: SIDE, height: SIDE, role: "img", "aria-label": "sheet to draw a digit on",
        onpointerdown: (/** @type {PointerEvent} */ e) => this.begin(e),
        onpointermove: (/** @type {PointerEvent} */ e) => this.move(e),
        onpointerup: () => this.lift(),
        onpointercancel: () => this.lift(),
      })
    );
  }

  connectedCallback() {
    this.append(this.canvas);
    this.redraw();
  }

  clear() {
    this.strokes = [];
    this.redraw();
  }

  /** @param {PointerEvent} event */
  begin(event) {
    if (this.strokes.length >= MOST) return;
    this.canvas.setPointerCapture(event.pointerId);
    this.isDown = true;
    this.strokes.push([this.place(event)]);
    this.redraw();
  }

  /** @param {PointerEvent} event */
  move(event) {
    const stroke = this.strokes[this.strokes.length - 1];
    if (!this.isDown || stroke.length >= LONGEST) return;
    stroke.push(this.place(event));
    this.redraw();
  }

  lift() {
    if (!this.isDown) return;
    this.isDown = false;
    this.dispatchEvent(new CustomEvent("drawn", { detail: this.strokes }));
  }

  /** @param {PointerEvent} event @returns {number[]} */
  place(event) {
    const box = this.canvas.getBoundingClientRect();
    const inside = (/** @type {number} */ v) => Math.round(1000 * Math.min(1, Math.max(0, v))) / 1000;
    return [inside((event.clientX - box.left) / box.width), inside((event.clientY - box.top) / box.height)];
  }

  redraw() {
    const pen = this.canvas.getContext("2d");
    if (!pen) return;
    pen.clearRect(0, 0, SIDE, SIDE);
    const color = getComputedStyle(this).getPropertyValue("--ink").trim();
    Object.assign(pen, { lineWidth: PEN, lineCap: "round", lineJoin: "round", strokeStyle: color, fillStyle: color });
    for (const stroke of this.strokes) {
      pen.beginPath();
      stroke.forEach(([x, y], n) => pen[n ? "lineTo" : "moveTo"](SIDE * x, SIDE * y));
      if (stroke.length === 1) pen.lineTo(SIDE * stroke[0][0], SIDE * stroke[0][1]);
      pen.stroke();
    }
    if (this.strokes.length) return;
    pen.font = "17px Georgia, serif";
    pen.textAlign = "center";
    pen.globalAlpha = 0.6;
    pen.fillText("draw a digit here", SIDE / 2, SIDE / 2);
    pen.globalAlpha = 1;
  }
}

customElements.define("digit-sheet", DigitSheet);
