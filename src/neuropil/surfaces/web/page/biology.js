// The living neuron beside the artificial one: the same inputs, weights and bias, both answering.

import { draw } from "./chart.js";
import { fetchCurve, followCell, Mistake, playOn } from "./api.js";
import { make } from "./dom.js";

const INPUTS = 3;
const BEGIN = { x: [0.8, 0.6, 0.3], w: [3, 2, -1], b: 0.5 };
const DRIVES = /** @type {[number, number]} */ ([-6, 16]); // of z, that are drawn
const [REST, PEAK] = [-90, 50]; // mV
const RATES = 100; // Hz
const LIKE = [
  ["synapse, its strength", "weight w"],
  ["current of a dendrite", "w · x"],
  ["soma adds currents up", "z = Σ w·x + b"],
  ["threshold and firing rate", "activation a = σ(z)"],
  ["axon and next synapse", "input of the next layer"],
  ["repeated use strengthens", "w − rate · dL/dw"],
];
const UNLIKE =
  "Where the likeness ends: without input the living neuron is silent, not at one half; a drive above about 20 blocks it instead of saturating it; and of two inputs that cancel, the jolts remain and fire it now and then.";

/**
 * @typedef {{ms: number, time: number[], soma: number[], next: number[], arrived: number[][], spikes: number[], rate: number}} Living
 * @typedef {{x: number[], w: number[], b: number}} Given
 */

/** @param {number} v @returns {string} few digits, with a true minus */
const short = (v) => String(Number(v.toPrecision(4))).replace("-", "\u2212");

/** @param {number} v @returns {string} a negative number in brackets */
const bracket = (v) => (v < 0 ? `(${short(v)})` : short(v));

export class BiologyView extends HTMLElement {
  /** @param {URLSearchParams} asked what the address says */
  constructor(asked) {
    super();
    this.given = readGiven(asked);
    this.living = /** @type {Living | null} */ (null);
    this.curve = /** @type {{z: number[], rate: number[]} | null} */ (null);
    this.isBusy = { living: false, artificial: false };
    this.isStale = { living: false, artificial: false };
    this.mistake = make("p", { class: "mistake", role: "alert", hidden: true });
    const cell = (/** @type {string} */ title) => make("figure", { class: "cell" }, make("figcaption", {}, title), make("div", {}));
    this.cells = {
      arrived: cell("Spikes arrive, x · 100 a second on each of five fibers"),
      products: cell("Each input is weighed: w · x"),
      soma: cell("The membrane potential of its soma, mV"),
      sum: cell("They are added up"),
      rates: cell("It fires, so many times a second"),
      sigmoid: cell("The activation is the sigmoid of the sum"),
    };
  }

  connectedCallback() {
    const pairs = LIKE.map(([living, artificial]) => make("tr", {}, make("td", {}, living), make("td", {}, artificial)));
    const head = make("tr", {}, ...["the living neuron", "the artificial neuron"].map((words) => make("th", { scope: "col" }, words)));
    this.replaceChildren(
      make("h1", {}, "The living neuron beside the artificial one"),
      make("p", { class: "lead" }, "The same inputs, weights and bias; move one, and both answer."),
      this.mistake,
      make(
        "div",
        { class: "living" },
        make("div", { class: "sliders" }, ...this.sliders()),
        make("div", { class: "pairs" }, make("h2", {}, "The living neuron"), make("h2", {}, "The artificial neuron"), ...Object.values(this.cells)),
      ),
      make("div", { class: "likeness" }, make("h2", {}, "What is like what"), make("table", {}, make("thead", {}, head), make("tbody", {}, ...pairs)), make("p", { class: "quiet" }, UNLIKE)),
    );
    this.answer();
    this.loadCurve();
  }

  sliders() {
    const { x, w } = this.given;
    const parts = x.flatMap((_, i) => [
      slider(`x${i + 1}`, x[i], 0, 1, 0.05, (value) => this.set(() => (x[i] = value))),
      slider(`w${i + 1}`, w[i], -4, 4, 0.1, (value) => this.set(() => (w[i] = value))),
    ]);
    return [...parts, slider("b", this.given.b, -4, 4, 0.1, (value) => this.set(() => (this.given.b = value)))];
  }

  /** @param {() => void} change */
  set(change) {
    change();
    this.answer();
  }

  answer() {
    this.askFor("artificial", () => this.showArtificial());
    this.askFor("living", () => this.showLiving());
  }

  /** Ask once more after an answer that came too late, but never twice at once. @param {"living" | "artificial"} which @param {() => Promise<void>} show */
  async askFor(which, show) {
    this.isStale[which] = true;
    if (this.isBusy[which]) return;
    this.isBusy[which] = true;
    try {
      while (this.isStale[which] && this.isConnected) {
        this.isStale[which] = false;
        await show();
      }
      this.mistake.hidden = true;
      this.writeAddress();
    } catch (error) {
      this.complain(error);
    } finally {
      this.isBusy[which] = false;
    }
  }

  /** @param {unknown} error */
  complain(error) {
    if (!(error instanceof Mistake)) throw error;
    this.mistake.textContent = error.message;
    this.mistake.hidden = false;
  }

  async loadCurve() {
    try {
      this.curve = await fetchCurve();
    } catch (error) {
      this.complain(error);
    }
    this.drawRates();
  }

  async showArtificial() {
    const { x, w, b } = this.given;
    const network = { sizes: [x.length, 1], activations: ["sigmoid"], points: [x], targets: [[0]], weights: [[w]], biases: [[b]] };
    const { layers } = await playOn(network);
    const { z, a } = layers[0][0];
    const most = Math.max(...w.map((v, i) => Math.abs(v * x[i])), Math.abs(b), 1);
    const bar = (/** @type {string} */ name, /** @type {number} */ value) =>
      make("p", {}, make("span", {}, name), make("meter", { min: 0, max: most, value: Math.abs(value), class: value < 0 ? "minus" : "plus", "aria-label": name }), make("span", {}, short(value)));
    this.fill("products", make("div", { class: "guesses" }, ...w.map((v, i) => bar(`w${i + 1} · x${i + 1}`, v * x[i])), bar("b", b)));
    const terms = w.map((v, i) => `${bracket(v)} · ${short(x[i])}`).join(" + ");
    this.fill("sum", make("p", { class: "worked" }, `z = ${terms} + ${bracket(b)}`), make("p", { class: "worked large" }, `z = ${short(z)}`), make("p", { class: "worked" }, "a = σ(z) = 1 / (1 + e", make("sup", {}, short(-z)), `) = ${short(a)}`));
    const at = Array.from({ length: 89 }, (_, n) => DRIVES[0] + n / 4);
    const course = { x: at, y: at.map((v) => 1 / (1 + Math.exp(-v))), color: "var(--plus)" };
    this.z = z;
    this.fill("sigmoid", draw({ xs: DRIVES, ys: [0, 1], height: 190, label: `the sigmoid; at z = ${short(z)} it is ${short(a)}`, xticks: [-4, 0, 4, 8, 12, 16], unit: " z", yticks: [0, 0.5, 1], lines: [course], dots: [{ x: z, y: a, color: "var(--mark)" }] }), make("p", { class: "answer" }, `a = ${short(a)}`));
    this.drawRates();
  }

  async showLiving() {
    const living = await followCell(this.given);
    this.living = living;
    const { ms, time, soma, arrived } = living;
    const { w } = this.given;
    const strokes = arrived.flatMap((spikes, i) => spikes.map((at) => ({ x: at, from: arrived.length - i - 0.85, to: arrived.length - i - 0.15, color: w[i] < 0 ? "var(--minus)" : "var(--plus)" })));
    const xticks = [0, ms / 2, ms];
    this.fill("arrived", draw({ xs: [0, ms], ys: [0, arrived.length], height: 130, label: `${strokes.length} spikes arrive in ${ms} ms`, xticks, unit: " ms", yticks: [], strokes }));
    this.fill("soma", draw({ xs: [0, ms], ys: [REST, PEAK], height: 190, label: `the membrane potential of the soma over ${ms} ms; it fired ${living.spikes.length} times`, xticks, unit: " ms", yticks: [-80, -40, 0, 40], lines: [{ x: time, y: soma, color: "var(--ink)" }] }));
    this.drawRates();
  }

  drawRates() {
    const { curve, living, z } = this;
    if (!living || z === undefined) return;
    const lines = curve ? [{ x: curve.z, y: curve.rate, color: "var(--plus)" }] : [];
    const picture = draw({ xs: DRIVES, ys: [0, RATES], height: 190, label: `firing rate by drive; now ${living.rate} a second`, xticks: [-4, 0, 4, 8, 12, 16], unit: " z", yticks: [0, 50, 100], lines, dots: [{ x: z, y: living.rate, color: "var(--mark)" }] });
    this.fill("rates", picture, make("p", { class: "answer" }, `${living.rate} a second: ${living.spikes.length} in ${living.ms} ms${curve ? "" : "; its curve is being measured"}`));
  }

  /** @param {keyof BiologyView["cells"]} name @param {...Node} parts */
  fill(name, ...parts) {
    this.cells[name].lastElementChild?.replaceChildren(...parts);
  }

  writeAddress() {
    const { x, w, b } = this.given;
    if (this.isConnected) history.replaceState(null, "", `#/biology?x=${x}&w=${w}&b=${b}`);
  }
}

/** @param {URLSearchParams} asked @returns {Given} */
function readGiven(asked) {
  const row = (/** @type {string} */ name, /** @type {number[]} */ usual, /** @type {number} */ low, /** @type {number} */ high) => {
    const found = (asked.get(name) ?? "").split(",").map(Number);
    return found.length === INPUTS && found.every((v) => v >= low && v <= high) ? found : [...usual];
  };
  const b = Number(asked.get("b") ?? BEGIN.b);
  return { x: row("x", BEGIN.x, 0, 1), w: row("w", BEGIN.w, -4, 4), b: Math.abs(b) <= 4 ? b : BEGIN.b };
}

/** @param {string} name @param {number} value @param {number} min @param {number} max @param {number} step @param {(value: number) => void} set */
function slider(name, value, min, max, step, set) {
  const shown = make("output", {}, short(value));
  const field = /** @type {HTMLInputElement} */ (
    make("input", { type: "range", "aria-label": name, min, max, step, value, oninput: () => ((shown.textContent = short(field.valueAsNumber)), set(field.valueAsNumber)) })
  );
  return make("label", { class: "numeric" }, make("span", {}, name), field, shown);
}

customElements.define("biology-view", BiologyView);
