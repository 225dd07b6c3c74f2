// A network drawn: its neurons as circles, its weights as lines; 64 inputs are a picture of 8 × 8.

import { svg } from "./dom.js";

const [WIDTH, HEIGHT] = [560, 380];
const [EDGE, MOST] = [40, 19]; // of the picture; the radius of a neuron, at most
const [SIDE, PIXEL] = [8, 13]; // of a picture that is the input
const SMALLEST = 12; // radius of a neuron that has its number written in it

/** @typedef {import("./playground.js").Played} Played */

/** Shows a network, and says `open` with [layer, neuron] when one is pressed. */
export class NetworkPicture extends HTMLElement {
  constructor() {
    super();
    this.picture = svg("svg", { viewBox: `0 0 ${WIDTH} ${HEIGHT}`, class: "net" });
  }

  connectedCallback() {
    this.append(this.picture);
  }

  clear() {
    this.picture.replaceChildren();
  }

  /** @param {Played} played @param {number[] | null} opened @param {string[]} classes names of the outputs */
  show(played, opened, classes) {
    const columns = [played.layers[0][0].x, ...played.layers.map((layer) => layer.map((neuron) => neuron.a))];
    const isPicture = columns[0].length === SIDE * SIDE;
    const right = classes.length ? EDGE + 40 : EDGE;
    const at = (/** @type {number} */ layer, /** @type {number} */ j) => [
      (isPicture ? 60 : EDGE) + (layer * (WIDTH - (isPicture ? 60 : EDGE) - right)) / (columns.length - 1),
      (HEIGHT * (j + 0.5)) / columns[layer].length,
    ];
    const layers = isPicture ? played.layers.slice(1) : played.layers;
    const first = isPicture ? 1 : 0;
    const edges = layers.flatMap((layer, i) =>
      layer.flatMap((neuron, j) => neuron.w.map((w, k) => edge(at(i + first, k), at(i + first + 1, j), w))),
    );
    const nodes = columns.flatMap((values, layer) =>
      layer < first ? [] : values.map((a, j) => this.node(layer, j, a, at(layer, j), reach(values.length), isAt(opened, layer, j))),
    );
    const names = classes.map((name, j) => label(name, at(columns.length - 1, j)));
    const seen = isPicture ? [...columns[1].map((_, j) => fan(at(1, j))), pixels(columns[0])] : [];
    this.picture.replaceChildren(...edges, ...seen, ...nodes, ...names);
  }

  /** @param {number} layer 0 for inputs @param {number} j @param {number} a @param {number[]} place @param {number} r @param {boolean} isOpen */
  node(layer, j, a, [x, y], r, isOpen) {
    const group = svg("g", { class: `node${isOpen ? " open" : ""}`, transform: `translate(${x} ${y})` });
    const words = layer ? `neuron ${j + 1} of layer ${layer}, ${a}` : `input ${j + 1}, ${a}`;
    const circle = svg("circle", { r });
    circle.style.fillOpacity = String(0.15 + 0.75 * Math.min(1, Math.abs(a)));
    circle.style.fill = a < 0 ? "var(--minus)" : "var(--plus)";
    group.append(svg("circle", { r, class: "ground" }), circle);
    if (r >= SMALLEST) {
      const text = svg("text", { "text-anchor": "middle", dy: ".35em" });
      text.textContent = short(a);
      group.append(text);
    }
    if (!layer) return group;
    for (const [name, value] of Object.entries({ role: "button", tabindex: "0", "aria-label": words })) group.setAttribute(name, value);
    const open = () => this.dispatchEvent(new CustomEvent("open", { detail: [layer - 1, j] }));
    group.addEventListener("click", open);
    group.addEventListener("keydown", (event) => {
      if (!["Enter", " "].includes(event.key)) return;
      event.preventDefault();
      open();
    });
    return group;
  }
}

/** @param {number[] | null} opened @param {number} layer @param {number} j */
const isAt = (opened, layer, j) => opened?.[0] === layer - 1 && opened?.[1] === j;

/** The radius of neurons, so that many fit. @param {number} many */
const reach = (many) => Math.min(MOST, HEIGHT / (2.3 * many));

/** @param {number} v few digits, with a true minus @returns {string} */
const short = (v) => String(Number(v.toPrecision(3))).replace("-", "\u2212");

/** @param {string} name @param {number[]} place */
function label(name, [x, y]) {
  const text = svg("text", { x: x + MOST + 6, y, dy: ".35em", class: "of-class" });
  text.textContent = name.length > 8 ? `${name.slice(0, 7)}…` : name;
  return text;
}

/** @param {number[]} from @param {number[]} to @param {number} w */
function edge([x1, y1], [x2, y2], w) {
  const line = svg("line", { x1, y1, x2, y2, class: w < 0 ? "minus" : "plus" });
  line.style.strokeWidth = `${Math.min(9, 0.6 + 2.2 * Math.abs(w))}px`;
  const title = svg("title", {});
  title.textContent = `w = ${w}`;
  line.append(title);
  return line;
}

/** All weights from a picture to a neuron, as one line. @param {number[]} place */
const fan = ([x2, y2]) => svg("line", { x1: SIDE * PIXEL, y1: HEIGHT / 2, x2, y2, class: "fan" });

/** The input as a picture, ink dark. @param {number[]} values */
function pixels(values) {
  const top = (HEIGHT - SIDE * PIXEL) / 2;
  const group = svg("g", { role: "img", "aria-label": "the 64 pixels that the network sees" });
  group.append(svg("rect", { x: 2, y: top - 2, width: SIDE * PIXEL + 4, height: SIDE * PIXEL + 4, class: "frame" }));
  values.forEach((value, i) => {
    const dot = svg("rect", { x: 4 + PIXEL * (i % SIDE), y: top + PIXEL * Math.floor(i / SIDE), width: PIXEL, height: PIXEL });
    dot.style.fillOpacity = String(value);
    const title = svg("title", {});
    title.textContent = `x${i + 1} = ${value}`;
    dot.append(title);
    group.append(dot);
  });
  return group;
}

customElements.define("network-picture", NetworkPicture);
