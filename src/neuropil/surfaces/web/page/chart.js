// A small chart: lines, dots and ticks over two axes.

import { svg } from "./dom.js";

const [WIDTH, LEFT, BOTTOM] = [420, 44, 22];

/**
 * @typedef {{xs: [number, number], ys: [number, number], height: number, label: string, xticks: number[], yticks: number[],
 *   unit?: string, lines?: {x: number[], y: number[], color: string}[], dots?: {x: number, y: number, color: string}[],
 *   strokes?: {x: number, from: number, to: number, color: string}[]}} Chart
 */

/** @param {Chart} chart */
export function draw({ xs, ys, height, label, xticks, yticks, unit = "", lines = [], dots = [], strokes = [] }) {
  const across = (/** @type {number} */ x) => LEFT + ((WIDTH - LEFT - 8) * (x - xs[0])) / (xs[1] - xs[0]);
  const up = (/** @type {number} */ y) => 8 + ((height - BOTTOM - 8) * (ys[1] - Math.min(ys[1], Math.max(ys[0], y)))) / (ys[1] - ys[0]);
  const picture = svg("svg", { viewBox: `0 0 ${WIDTH} ${height}`, class: "chart", role: "img", "aria-label": label });
  for (const y of yticks) {
    picture.append(svg("line", { x1: LEFT, x2: WIDTH - 8, y1: up(y), y2: up(y), class: "tick" }), words(`${y}`.replace("-", "\u2212"), LEFT - 6, up(y) + 4, "end"));
  }
  xticks.forEach((x, n) => picture.append(words(`${x}`.replace("-", "\u2212") + (n === xticks.length - 1 ? unit : ""), across(x), height - 5, n === xticks.length - 1 && unit ? "end" : "middle")));
  for (const { x, from, to, color } of strokes) picture.append(styled(svg("line", { x1: across(x), x2: across(x), y1: up(from), y2: up(to) }), color));
  for (const { x, y, color } of lines) {
    const points = x.map((each, n) => `${across(each).toFixed(1)},${up(y[n]).toFixed(1)}`).join(" ");
    picture.append(styled(svg("polyline", { points, class: "course" }), color));
  }
  for (const { x, y, color } of dots) {
    const dot = svg("circle", { cx: across(Math.min(xs[1], Math.max(xs[0], x))), cy: up(y), r: 6 });
    dot.style.fill = color;
    picture.append(dot);
  }
  return picture;
}

/** @param {SVGElement} line @param {string} color */
function styled(line, color) {
  line.style.stroke = color;
  return line;
}

/** @param {string} text @param {number} x @param {number} y @param {string} anchor */
function words(text, x, y, anchor) {
  const element = svg("text", { x, y, "text-anchor": anchor });
  element.textContent = text;
  return element;
}
