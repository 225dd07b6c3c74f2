// A neuron of the playground opened: its inputs, weights, gradients and what a step would make of them.

import { make, svg } from "./dom.js";

const FEW = 16; // inputs that are all shown
const SHOWN = 12; // of more, the largest
const [SIDE, PIXEL] = [8, 18]; // of a picture that is the input

/**
 * @typedef {import("./playground.js").Neuron} Neuron
 * @typedef {{layer: number, j: number, point: string, names: string[], opened: {text: string, proved: boolean}}} Place
 */

/** Shows a neuron; says `changed` with [input, value] for a weight that is changed by hand, -1 for the bias. */
export class NeuronTable extends HTMLElement {
  constructor() {
    super();
    this.paper = make("pre", { tabindex: 0 });
    this.onPaper = make("details", {}, make("summary", {}, "As it is written on paper, for this point alone"), this.paper);
  }

  /** @param {Neuron} neuron @param {Place} place @param {...Node} further what stands below */
  show(neuron, { layer, j, point, names, opened }, ...further) {
    const head = ["", "x", "w", "w · x", "dL/dw", "w after a step"].map((words) => make("th", { scope: "col" }, words));
    this.paper.textContent = opened.text;
    const isPicture = !layer && neuron.w.length === SIDE * SIDE;
    const numbers = make("div", { class: "scroll", tabindex: 0 }, make("table", {}, make("thead", {}, make("tr", {}, ...head)), this.rows(neuron, names)));
    this.replaceChildren(
      make("h2", {}, `Neuron ${j + 1} of layer ${layer + 1}`),
      make("p", { class: "quiet" }, `${point} dL/dw is of the loss over all points. Change a w, and all that follows changes.`),
      isPicture ? make("div", { class: "weighed" }, weights(neuron.w), numbers) : numbers,
      make("p", { class: "sum" }, `z = Σ w·x + b = ${neuron.z}, a = ${neuron.a}`),
      make("p", { class: opened.proved ? "proof" : "mistake" }, opened.proved ? "Checked by an independent calculation." : "The check failed: this is a fault of ours."),
      this.onPaper,
      ...further,
    );
  }

  /** @param {Neuron} neuron @param {string[]} names */
  rows(neuron, names) {
    const order = neuron.w.map((_, k) => k);
    const largest = [...order].sort((k, l) => Math.abs(neuron.w[l] * neuron.x[l]) - Math.abs(neuron.w[k] * neuron.x[k]));
    const row = (/** @type {number} */ k) =>
      cells(names[k], neuron.x[k], this.field(neuron.w[k], k, `w${k + 1}`), neuron.w[k] * neuron.x[k], neuron.dL_dw[k], neuron.w_next[k]);
    const body = make("tbody", {}, ...(order.length > FEW ? largest.slice(0, SHOWN) : order).map(row));
    if (order.length > FEW) {
      const others = largest.slice(SHOWN);
      const rest = others.reduce((sum, k) => sum + neuron.w[k] * neuron.x[k], 0);
      const all = make("button", { type: "button", onclick: () => line.replaceWith(...others.map(row)) }, "show");
      const line = cells(make("span", {}, `the other ${others.length} `, all), "", "", rest, "", "");
      body.append(line);
    }
    body.append(cells("bias", "", this.field(neuron.b, -1, "b"), neuron.b, neuron.dL_db, neuron.b_next));
    return body;
  }

  /** A number that can be changed. @param {number} value @param {number} k @param {string} name */
  field(value, k, name) {
    const field = /** @type {HTMLInputElement} */ (
      make("input", {
        type: "number",
        step: "any",
        value,
        "aria-label": name,
        onchange: () => {
          if (Number.isFinite(field.valueAsNumber)) this.dispatchEvent(new CustomEvent("changed", { detail: [k, field.valueAsNumber] }));
        },
      })
    );
    return field;
  }
}

/** @param {...(Node | string | number)} values */
const cells = (...values) => make("tr", {}, ...values.map((value) => make("td", {}, value instanceof Node ? value : String(value))));

/** The weights of 64 pixels as a picture: what the neuron looks for. @param {number[]} w */
function weights(w) {
  const most = Math.max(...w.map(Math.abs), 1e-9);
  const picture = svg("svg", { viewBox: `0 0 ${SIDE * PIXEL} ${SIDE * PIXEL}`, class: "weights", role: "img", "aria-label": "its weights: blue for, red against" });
  w.forEach((value, i) => {
    const dot = svg("rect", { x: PIXEL * (i % SIDE), y: PIXEL * Math.floor(i / SIDE), width: PIXEL, height: PIXEL, class: value < 0 ? "minus" : "plus" });
    dot.style.fillOpacity = String(Math.abs(value) / most);
    const title = svg("title", {});
    title.textContent = `w${i + 1} = ${value}`;
    dot.append(title);
    picture.append(dot);
  });
  return make("figure", {}, picture, make("figcaption", {}, "its weights: what it looks for, and against"));
}

customElements.define("neuron-table", NeuronTable);
