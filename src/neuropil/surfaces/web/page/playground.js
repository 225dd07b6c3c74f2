// The playground: a small network to build and train, where every number can be read and changed.

import { Mistake, playOn, readTable, writeSheet } from "./api.js";
import { ClassReport } from "./class-report.js";
import { DigitSheet } from "./digit-sheet.js";
import { make } from "./dom.js";
import { BOOKS, DIGITS, POINTS, TABLE } from "./examples.js";
import { NetworkPicture } from "./network-picture.js";
import { NeuronTable } from "./neuron-table.js";
import { PlanePlot } from "./plane-plot.js";

const MOST_STEPS = 500; // of one request
const KNOWN_DIGITS = 1797;
const MOST_AGAIN = 5000; // of a training that an address asks for
const MOST_ADDED = 40; // points that an address keeps
const LAYERS = 4;
const NOT_KEPT = ". The address of this page does not keep what was changed by hand, drawn, or trained beyond 5,000 steps.";
const WIDE = 3; // half the side of the plane of a table, in deviations
const NO_CURVE =
  "Without an activation the layers are one: a sum of sums is a sum. All that it can draw is a straight line, however many neurons there are.";
const CURVES = ["tanh", "sigmoid", "relu", "none"];

/**
 * @typedef {{x: number[], w: number[], b: number, z: number, a: number, dL_dw: number[], dL_db: number,
 *   w_next: number[], b_next: number}} Neuron
 * @typedef {{weights: number[][][], biases: number[][], losses: number[], layers: Neuron[][],
 *   target: number[] | number | null, edge: number,
 *   field: {value: number[][], kind: number[][] | null} | null,
 *   classes: import("./class-report.js").Classes | null,
 *   opened: {text: string, proved: boolean} | null}} Played
 * @typedef {{hidden: number[], rate: string, steps: number}} Usual what data begin with; steps between two pictures
 */

/** @param {string} data @returns {Usual} */
function usual(data) {
  if (data === DIGITS) return { hidden: [16], rate: "0.5", steps: 10 };
  return { hidden: [4], rate: data in BOOKS ? String(BOOKS[data].rate) : data === TABLE ? "0.5" : "0.3", steps: 20 };
}

export class PlaygroundView extends HTMLElement {
  /** @param {URLSearchParams} asked what the address says */
  constructor(asked) {
    super();
    /** @type {{data: string, hidden: number[], curve: string, seed: number, shown: number, opened: number[] | null, strokes: number[][][] | null}} */
    this.state = { data: "XOR", hidden: [4], curve: "tanh", seed: 1, shown: 0, opened: null, strokes: null };
    [this.points, this.targets] = POINTS.XOR();
    this.added = /** @type {number[][]} */ ([]); // points by hand: x, y and target
    this.table = /** @type {import("./examples.js").Table | null} */ (null);
    this.played = /** @type {Played | null} */ (null);
    this.losses = /** @type {number[]} */ ([]);
    this.isTraining = false;
    this.isPlain = true; // whether the address alone leads here: no number was changed by hand
    this.round = 0; // of networks begun
    this.turn = Promise.resolve();
    this.asked = asked;
    this.rate = /** @type {HTMLInputElement} */ (make("input", { type: "number", min: 0.001, max: 100, step: "any", value: 0.3, onchange: () => (this.isPlain &&= this.losses.length < 2) }));
    this.curves = select(CURVES, (curve) => this.rebuild({ curve }));
    this.layered = /** @type {HTMLInputElement} */ (make("input", { type: "text", value: "4", onchange: () => this.takeSizes() }));
    this.data = select([...Object.keys(POINTS), DIGITS, TABLE, ...Object.keys(BOOKS)], (data) => this.choose(data));
    this.file = /** @type {HTMLInputElement} */ (make("input", { type: "file", accept: ".csv,.tsv,.txt,text/csv", onchange: () => this.takeTable() }));
    this.train = make("button", { type: "button", class: "start", onclick: () => this.toggle() }, "Train");
    this.told = make("p", { class: "quiet", "aria-live": "polite" });
    this.mistake = make("p", { class: "mistake", role: "alert", hidden: true });
    this.why = make("p", { class: "message", hidden: true }, NO_CURVE);
    this.picture = new NetworkPicture();
    this.plot = new PlanePlot();
    this.sheet = new DigitSheet();
    this.plotWords = make("p", { class: "quiet" });
    this.plane = make("div", { hidden: true }, this.plot, this.plotWords);
    this.digitWords = make("p", { class: "quiet" });
    const tools = make("p", { class: "tools" }, make("button", { type: "button", onclick: () => this.anotherDigit() }, "One of others"), make("button", { type: "button", onclick: () => this.sheet.clear() }, "Clear"));
    this.digit = make("div", { hidden: true }, this.sheet, tools, this.digitWords);
    this.report = new ClassReport();
    this.row = make("div", { hidden: true });
    this.side = make("div", { class: "beside" }, this.plane, this.digit, this.report, this.row);
    this.neuron = make("section", { class: "neuron", "aria-label": "A neuron" });
    this.numbers = new NeuronTable();
    this.listen();
  }

  listen() {
    const detail = (/** @type {Event} */ event) => /** @type {CustomEvent} */ (event).detail;
    this.picture.addEventListener("open", (event) => this.change({ opened: detail(event) }));
    this.plot.addEventListener("point", (event) => this.change({ shown: detail(event) }));
    this.plot.addEventListener("place", (event) => this.addPoint(detail(event)));
    this.sheet.addEventListener("drawn", (event) => this.change({ strokes: detail(event) }));
    this.numbers.addEventListener("changed", (event) => this.setWeight(detail(event)));
  }

  connectedCallback() {
    const button = (/** @type {string} */ words, /** @type {() => void} */ press) => make("button", { type: "button", onclick: press }, words);
    const label = (/** @type {string} */ words, /** @type {HTMLElement} */ control, words2 = "") =>
      make("label", { class: "option" }, make("span", { class: "name" }, words), control, make("small", {}, words2));
    this.own = label("CSV file", this.file, "columns of numbers and one of classes; at most 2,000 rows");
    this.replaceChildren(
      make("h1", {}, "A network to build, train and read"),
      make("p", { class: "lead" }, "Press on a neuron: all its numbers stand there, and its weights can be changed."),
      make(
        "div",
        { class: "play" },
        make("div", {}, label("points", this.data), this.own, label("hidden neurons", this.layered, `of each layer, as in 4 or 4, 3; at most ${LAYERS} layers of 8 (digits, tables: 32); nothing for none`), label("activation", this.curves), label("rate", this.rate, "of a step of gradient descent"),
          make("p", {}, this.train, button("One step", () => this.step(1)), button("Start anew", () => this.rebuild({ seed: this.state.seed + 1 }))), this.told, this.mistake, this.why),
        this.picture,
        this.side,
      ),
      this.neuron,
    );
    this.restore();
  }

  disconnectedCallback() {
    this.isTraining = false;
  }

  /** Begin as the address says. */
  async restore() {
    const asked = this.asked;
    const data = asked.get("data") ?? "XOR";
    this.data.value = [...this.data.options].some((each) => each.value === data) ? data : "XOR";
    const curve = asked.get("curve") ?? "tanh";
    const opened = (asked.get("open") ?? "").split(",").map(Number);
    this.take(this.data.value);
    this.takeAdded(asked.get("added") ?? "");
    if (asked.get("rate")) this.rate.value = String(Number(asked.get("rate")) || 0.3);
    await this.rebuild({
      hidden: asked.has("hidden") ? readSizes(asked.get("hidden") ?? "", this.widest()) : this.state.hidden,
      curve: CURVES.includes(curve) ? curve : "tanh",
      seed: within(asked.get("seed") ?? 1, 10 ** 9),
      shown: within(asked.get("shown"), (data === DIGITS ? KNOWN_DIGITS : this.points.length) - 1),
      opened: Number.isInteger(opened[1]) ? [opened[0], opened[1]] : this.state.opened,
    });
    if (data === TABLE) return; // which is not in the address
    const steps = within(asked.get("steps"), MOST_AGAIN);
    const most = data === DIGITS ? MOST_STEPS / 10 : MOST_STEPS;
    for (let left = steps; left > 0; left -= most) await this.step(Math.min(left, most));
  }

  /** Take points that were added, as an address has them: "0.5:-1:1;...", x, y and target. @param {string} text */
  takeAdded(text) {
    if (!(this.state.data in POINTS)) return;
    for (const part of text.split(";").filter(Boolean).slice(0, MOST_ADDED)) {
      const [x, y, target] = part.split(":").map(Number);
      if (Math.abs(x) <= 2 && Math.abs(y) <= 2) this.added.push([x, y, target ? 1 : 0]);
    }
    this.points = [...this.points, ...this.added.map(([x, y]) => [x, y])];
    this.targets = [...this.targets, ...this.added.map(([, , target]) => [target])];
  }

  /** Take the layers that were typed. */
  takeSizes() {
    if (/[^\d,\s]/.test(this.layered.value)) this.complain(new Mistake("Hidden neurons are whole numbers, one for each layer, such as 4 or 4, 3.", ""));
    else this.rebuild({ hidden: readSizes(this.layered.value, this.widest()) });
  }

  /** @param {string} data of which the network is to learn */
  choose(data) {
    this.take(data);
    this.rebuild({ shown: 0, strokes: null });
  }

  /** Take what belongs to data. @param {string} data */
  take(data) {
    const { hidden, rate } = usual(data);
    const example = BOOKS[data];
    if (example) [this.points, this.targets] = [example.points, example.targets];
    else if (data in POINTS) [this.points, this.targets] = POINTS[data]();
    this.rate.value = rate;
    this.added = [];
    this.sheet.clear();
    this.state = { ...this.state, data, hidden, opened: example ? [example.sizes.length - 2, 0] : null };
  }

  async takeTable() {
    const [file] = this.file.files ?? [];
    if (!file) return;
    try {
      this.table = await readTable(file);
    } catch (error) {
      this.table = null;
      await this.rebuild({ shown: 0 }); // nothing of a table before it stays
      this.complain(error);
      return;
    }
    [this.points, this.targets] = [this.table.points, this.table.targets];
    this.rebuild({ shown: 0 });
  }

  /** Begin anew. @param {Partial<PlaygroundView["state"]>} change */
  async rebuild(change) {
    const isBook = this.state.data in BOOKS;
    if (isBook && ("curve" in change || "hidden" in change)) change = { ...change, data: this.leaveBook() };
    this.state = { ...this.state, ...change };
    if (!("opened" in change) && !(this.state.data in BOOKS)) this.state.opened = null;
    this.played = null;
    this.losses = [];
    this.isTraining = false;
    this.isPlain = true;
    this.round += 1;
    this.train.textContent = "Train";
    this.layered.value = this.state.hidden.join(", ");
    this.curves.value = this.state.curve;
    if (this.own) this.own.hidden = this.state.data !== TABLE;
    this.why.hidden = this.state.curve !== "none" || this.state.data in BOOKS;
    if (this.state.data === TABLE && !this.table) this.wait();
    else await this.step(0);
  }

  /** A book's network is as it is; whoever changes it has one of their own. */
  leaveBook() {
    this.data.value = "XOR";
    [this.points, this.targets] = POINTS.XOR();
    this.state.shown = 0;
    return "XOR";
  }

  /** Say what is to be done where there is no table yet. */
  wait() {
    this.picture.clear();
    for (const part of this.side.children) /** @type {HTMLElement} */ (part).hidden = true;
    this.neuron.replaceChildren();
    this.told.textContent = "Choose a CSV file: it stays on this machine. (The address of this page does not keep it.)";
  }

  /** @returns {Record<string, unknown>} the network as it is to be asked for */
  network() {
    const { data, hidden, curve } = this.state;
    if (data in BOOKS) return BOOKS[data];
    const curves = hidden.map(() => curve);
    if (data === DIGITS) return { data: "digits", sizes: [64, ...hidden, 10], activations: [...curves, "none"], loss: "classes" };
    const learned = { points: this.points, targets: this.targets };
    if (data !== TABLE) return { ...learned, sizes: [2, ...hidden, 1], activations: [...curves, curve === "none" ? "none" : "sigmoid"], loss: "mean-squares" };
    const many = this.names().length;
    return { ...learned, sizes: [this.points[0].length, ...hidden, many], activations: [...curves, "none"], loss: "classes", held_out: this.table?.held_out, edge: WIDE };
  }

  /** @returns {string[]} names of the classes, none where there is one output */
  names() {
    if (this.state.data === DIGITS) return [..."0123456789"];
    return this.state.data === TABLE ? (this.table?.classes ?? []) : [];
  }

  /** @returns {number} of neurons of a layer, at most */
  widest() {
    return [DIGITS, TABLE].includes(this.state.data) ? 32 : 8;
  }

  /** One after the other. @param {number} steps */
  step(steps) {
    this.turn = this.turn.then(() => this.advance(steps));
    return this.turn;
  }

  /** @returns {Record<string, unknown>} all that the server needs to know */
  request() {
    const network = this.network();
    const { seed, shown, opened, strokes } = this.state;
    const kept = this.played ? { weights: this.played.weights, biases: this.played.biases } : {};
    return { ...network, ...kept, rate: Number(this.rate.value), seed, shown, opened, strokes };
  }

  /** @param {number} steps */
  async advance(steps) {
    const round = this.round;
    if (this.state.data === TABLE && !this.table) return;
    try {
      const played = /** @type {Played} */ (await playOn({ ...this.request(), steps }));
      if (round !== this.round) return;
      this.played = played;
    } catch (error) {
      this.complain(error);
      return;
    }
    this.losses.push(...this.played.losses.slice(this.losses.length ? 1 : 0));
    this.draw(this.played);
  }

  /** @param {unknown} error */
  complain(error) {
    if (!(error instanceof Mistake)) throw error;
    this.isTraining = false;
    this.train.textContent = "Train";
    this.mistake.textContent = error.message;
    this.mistake.hidden = false;
  }

  async toggle() {
    this.isTraining = !this.isTraining;
    this.train.textContent = this.isTraining ? "Pause" : "Train";
    while (this.isTraining) {
      await this.step(usual(this.state.data).steps);
      await new Promise(requestAnimationFrame);
    }
  }

  /** @param {Partial<PlaygroundView["state"]>} change of what is looked at */
  change(change) {
    this.state = { ...this.state, ...change };
    return this.step(0);
  }

  /** @param {{place: number[], isOther: boolean}} added */
  addPoint({ place, isOther }) {
    if (!(this.state.data in POINTS)) return;
    this.points = [...this.points, place];
    this.targets = [...this.targets, [isOther ? 0 : 1]];
    this.added.push([...place.map((v) => Number(v.toFixed(3))), isOther ? 0 : 1]);
    if (this.losses.length < 2) this.losses = []; // the loss is another one now
    else this.isPlain = false; // it was trained without it
    this.isPlain &&= this.added.length <= MOST_ADDED;
    this.change({ shown: this.points.length - 1 });
  }

  /** @param {[number, number]} changed which weight of the opened neuron, -1 for the bias, and its value */
  setWeight([k, value]) {
    if (!this.played || !this.state.opened) return;
    const [layer, j] = this.state.opened;
    if (k < 0) this.played.biases[layer][j] = value;
    else this.played.weights[layer][j][k] = value;
    this.losses = [];
    this.isPlain = false;
    this.step(0);
  }

  /** @param {Played} played */
  draw(played) {
    const loss = this.losses[this.losses.length - 1];
    const steps = this.losses.length - 1;
    const isKept = this.isPlain && !this.state.strokes && steps <= MOST_AGAIN;
    this.mistake.hidden = true;
    this.told.textContent = `${steps} ${steps === 1 ? "step" : "steps"}, L = ${loss}${isKept || this.state.data === TABLE ? "" : NOT_KEPT}`;
    this.picture.show(played, this.state.opened, this.names());
    this.drawSide(played);
    this.drawNeuron(played);
    this.writeAddress();
  }

  /** @param {Played} played */
  drawSide(played) {
    const { data, shown, strokes } = this.state;
    const names = this.names();
    this.plane.hidden = !played.field;
    this.digit.hidden = data !== DIGITS;
    this.report.hidden = !played.classes;
    this.row.hidden = data !== TABLE;
    if (played.field) {
      const kinds = this.targets.map((/** @type {number[]} */ target) => (names.length ? target.indexOf(1) : Number(target[0] > 0.5)));
      this.plot.show({ points: this.points, kinds, many: names.length || 2, shown, edge: played.edge, field: played.field });
      this.plotWords.textContent = data === TABLE ? "Press on a point to see its numbers." : "Press on a point to see its numbers; press elsewhere to add one, with the shift key one of the other kind.";
    }
    this.digitWords.textContent = strokes ? "The digit that you drew. (Those who wrote the known ones put a bar through the 7.)" : `One that somebody else wrote: a ${played.target}.`;
    if (played.classes) this.report.show(played.classes, names);
    if (data === TABLE && this.table) this.row.replaceChildren(...describe(this.table, shown, (each) => this.change({ shown: each })));
  }

  anotherDigit() {
    this.sheet.clear();
    this.change({ strokes: null, shown: Math.floor(KNOWN_DIGITS * Math.random()) });
  }

  /** @param {Played} played */
  drawNeuron(played) {
    const { opened, shown, strokes, data } = this.state;
    if (!opened || !played.opened) {
      this.neuron.replaceChildren();
      return;
    }
    const [layer, j] = opened;
    const neuron = played.layers[layer][j];
    const columns = data === TABLE ? this.table?.columns : undefined;
    const names = neuron.x.map((_, k) => (layer ? `a${k + 1} of layer ${layer}` : (columns?.[k] ?? `x${k + 1}`)));
    const many = data === DIGITS ? KNOWN_DIGITS : this.points.length;
    const point = strokes ? "Of the digit that you drew;" : `At point ${shown + 1} of ${many};`;
    this.numbers.show(neuron, { layer, j, point, names, opened: played.opened }, this.homework());
    this.neuron.replaceChildren(this.numbers);
  }

  /** A button that becomes a link to the sheet. */
  homework() {
    const place = make("p", {}, make("button", { type: "button", onclick: () => write() }, "As homework"));
    const write = async () => {
      try {
        const { address } = await writeSheet(this.request());
        const link = make("a", { href: address, target: "_blank", rel: "noopener" }, "Open the sheet");
        place.replaceChildren(link, ": blanks to fill in, and solutions on a page of their own.");
        link.focus();
      } catch (error) {
        this.complain(error);
      }
    };
    return place;
  }

  /** Write what is shown into the address, so that it can be shared. */
  writeAddress() {
    const { data, hidden, curve, seed, shown, opened } = this.state;
    const told = new URLSearchParams({ data, hidden: hidden.join("-"), curve, seed: String(seed), rate: this.rate.value });
    if (this.added.length) told.set("added", this.added.slice(0, MOST_ADDED).map((each) => each.join(":")).join(";"));
    if (shown) told.set("shown", String(shown));
    if (opened) told.set("open", opened.join());
    if (this.isPlain && this.losses.length > 1) told.set("steps", String(this.losses.length - 1));
    if (this.isConnected) history.replaceState(null, "", `#/playground?${told}`);
  }
}

/** What was read of a table, and which row is looked at. @param {import("./examples.js").Table} table @param {number} shown @param {(row: number) => void} choose */
function describe(table, shown, choose) {
  const field = /** @type {HTMLInputElement} */ (
    make("input", { type: "number", min: 1, max: table.points.length, value: shown + 1, onchange: () => choose(Math.min(table.points.length, Math.max(1, field.valueAsNumber || 1)) - 1) })
  );
  const out = table.left_out.length ? ` Left out: ${table.left_out.join(", ")}.` : "";
  const words = `${table.points.length} rows, ${table.columns.join(", ")} to tell ${table.class}; each column is moved to mean 0 and scaled to deviation 1. ${table.held_out} rows are only for judging.${out}`;
  return [make("p", { class: "quiet" }, words), make("label", { class: "option" }, make("span", { class: "name" }, "row that is looked at"), field)];
}

/** @param {string[]} values @param {(value: string) => void} choose */
function select(values, choose) {
  const element = /** @type {HTMLSelectElement} */ (
    make("select", { onchange: () => choose(element.value) }, ...values.map((value) => make("option", { value }, value)))
  );
  return element;
}

/** @param {string} text as typed: "4, 3" @param {number} most of a layer @returns {number[]} at most four layers */
function readSizes(text, most) {
  const sizes = (text.match(/\d+/g) ?? []).map(Number).filter((n) => n > 0);
  return sizes.slice(0, LAYERS).map((n) => Math.min(most, n));
}

/** @param {unknown} asked a number of an address @param {number} most @returns {number} a whole one, from 0 */
function within(asked, most) {
  return Math.max(0, Math.min(most, Math.floor(Number(asked)) || 0));
}

customElements.define("playground-view", PlaygroundView);
