// The playground: a small network to build and train, where every number can be read and changed.

import { Mistake, playOn } from "./api.js";
import { make } from "./dom.js";

const [WIDTH, HEIGHT, PLOT] = [560, 380, 360]; // of the network's picture, and of the plot's side
const STEPS = 20; // of training between two pictures
const SVG = "http://www.w3.org/2000/svg";
const NO_CURVE =
  "Without an activation the layers are one: a sum of sums is a sum. All that it can draw is a straight line, however many neurons there are.";

/**
 * @typedef {{x: number[], w: number[], b: number, z: number, a: number, dL_dw: number[], dL_db: number,
 *   w_next: number[], b_next: number}} Neuron
 * @typedef {{weights: number[][][], biases: number[][], losses: number[], outputs: number[][],
 *   layers: Neuron[][], field: number[][] | null, edge: number,
 *   opened: {text: string, proved: boolean} | null}} Played
 * @typedef {{sizes: number[], activations: string[], points: number[][], targets: number[][], loss: string,
 *   rate: number, weights?: number[][][] | null, biases?: number[][] | null}} Example
 */

/** @type {Record<string, () => [number[][], number[][]]>} points and what they are: 0 or 1 */
const DATA = {
  XOR: () => [[[-1, -1], [-1, 1], [1, -1], [1, 1]], [[0], [1], [1], [0]]],
  "two halves": () => scatter((u, v) => [u, v], (x, y) => x + 0.6 * y > 0.1),
  circle: () => scatter((u, v) => [u, v], (x, y) => x * x + y * y < 0.8),
  moons: () => {
    const at = Array.from({ length: 24 }, (_, i) => (Math.PI * i) / 23);
    const upper = at.map((t) => [Math.cos(t) - 0.5, Math.sin(t) - 0.25]);
    const lower = at.map((t) => [0.5 - Math.cos(t), 0.25 - Math.sin(t)]);
    return [[...upper, ...lower], [...upper.map(() => [0]), ...lower.map(() => [1])]];
  },
};

/** @type {Record<string, Example>} worked examples of books, one point each */
const BOOKS = {
  "the notes' example": {
    sizes: [1, 1, 1], activations: ["sigmoid", "sigmoid"], points: [[0.1]], targets: [[1]],
    weights: [[[0.15]], [[0.25]]], biases: [[0.4], [0.5]], loss: "mean-squares", rate: 0.5,
  },
  "Mazur's two layers": {
    sizes: [2, 2, 2], activations: ["sigmoid", "sigmoid"], points: [[0.05, 0.1]], targets: [[0.01, 0.99]],
    weights: [[[0.15, 0.2], [0.25, 0.3]], [[0.4, 0.45], [0.5, 0.55]]], biases: [[0.35, 0.35], [0.6, 0.6]],
    loss: "half-squares", rate: 0.5,
  },
};

/** Points on a sunflower's spiral, the same each time. @param {(u: number, v: number) => number[]} place @param {(x: number, y: number) => boolean} isOne */
function scatter(place, isOne) {
  const points = Array.from({ length: 60 }, (_, i) => {
    const [r, t] = [1.35 * Math.sqrt((i + 0.5) / 60), 2.399963 * i];
    return place(r * Math.cos(t), r * Math.sin(t));
  });
  return [points, points.map(([x, y]) => [Number(isOne(x, y))])];
}

/** @param {number} v @returns {string} few digits, with a true minus */
const short = (v) => String(Number(v.toPrecision(3))).replace("-", "\u2212");

export class PlaygroundView extends HTMLElement {
  connectedCallback() {
    /** @type {{hidden: number[], curve: string, seed: number, shown: number, opened: [number, number] | null, example: Example | null}} */
    this.state = { hidden: [4], curve: "tanh", seed: 1, shown: 0, opened: null, example: null };
    [this.points, this.targets] = DATA.XOR();
    this.rate = /** @type {HTMLInputElement} */ (make("input", { type: "number", min: 0.001, max: 100, step: "any", value: 0.3 }));
    this.curves = select(["tanh", "sigmoid", "relu", "none"], (value) => this.rebuild({ curve: value }));
    this.layered = /** @type {HTMLInputElement} */ (make("input", { type: "text", value: "4", onchange: () => this.rebuild({ hidden: readSizes(this.layered.value) }) }));
    this.data = select([...Object.keys(DATA), ...Object.keys(BOOKS)], (value) => this.choose(value));
    this.train = make("button", { type: "button", class: "start", onclick: () => this.toggle() }, "Train");
    const button = (/** @type {string} */ words, /** @type {() => void} */ press) => make("button", { type: "button", onclick: press }, words);
    const label = (/** @type {string} */ words, /** @type {HTMLElement} */ control, words2 = "") =>
      make("label", { class: "option" }, make("span", { class: "name" }, words), control, make("small", {}, words2));
    this.told = make("p", { class: "quiet", "aria-live": "polite" });
    this.why = make("p", { class: "message", hidden: true }, NO_CURVE);
    this.net = document.createElementNS(SVG, "svg");
    this.net.setAttribute("viewBox", `0 0 ${WIDTH} ${HEIGHT}`);
    this.net.setAttribute("class", "net");
    this.plot = /** @type {HTMLCanvasElement} */ (
      make("canvas", { class: "plot", width: PLOT, height: PLOT, role: "img", "aria-label": "points, and what the network says of the plane", onclick: (/** @type {MouseEvent} */ e) => this.press(e) })
    );
    this.neuron = make("section", { class: "neuron", "aria-label": "A neuron" });
    this.replaceChildren(
      make("h1", {}, "A network to build, train and read"),
      make("p", { class: "lead" }, "Press on a neuron: all its numbers stand there, and its weights can be changed."),
      make(
        "div",
        { class: "play" },
        make("div", {}, label("points", this.data), label("hidden neurons", this.layered, "of each layer, as in 4 or 4, 3; nothing for none"), label("activation", this.curves), label("rate", this.rate, "of a step of gradient descent"),
          make("p", {}, this.train, button("One step", () => this.step(1)), button("Start anew", () => this.rebuild({ seed: this.state.seed + 1 }))), this.told, this.why),
        this.net,
        make("div", {}, this.plot, make("p", { class: "quiet" }, "Press on a point to see its numbers; press elsewhere to add one, with the shift key one of the other kind.")),
      ),
      this.neuron,
    );
    this.rebuild({});
  }

  disconnectedCallback() {
    this.isTraining = false;
  }

  /** @param {string} name of points, or of a worked example */
  choose(name) {
    const example = BOOKS[name] ?? null;
    [this.points, this.targets] = example ? [example.points, example.targets] : DATA[name]();
    if (example) this.rate.value = String(example.rate);
    this.rebuild({ example, shown: 0, opened: example ? [example.sizes.length - 2, 0] : null });
  }

  /** Begin anew. @param {Partial<PlaygroundView["state"]>} change */
  rebuild(change) {
    if ("curve" in change || "hidden" in change) change = { ...change, example: null };
    this.state = { ...this.state, ...change };
    if (this.state.opened && !("opened" in change)) this.state.opened = null;
    this.played = /** @type {Played | null} */ (null);
    this.losses = /** @type {number[]} */ ([]);
    this.isTraining = false;
    this.train.textContent = "Train";
    this.why.hidden = this.state.curve !== "none" || !!this.state.example;
    this.step(0);
  }

  /** @returns {Example} the network as it is to be asked for */
  network() {
    const { example, hidden, curve } = this.state;
    if (example) return example;
    const isLine = curve === "none";
    return {
      sizes: [2, ...hidden, 1],
      activations: [...hidden.map(() => curve), isLine ? "none" : "sigmoid"],
      points: this.points,
      targets: this.targets,
      loss: "mean-squares",
      rate: 1,
    };
  }

  /** @param {number} steps */
  async step(steps) {
    const asked = { weights: this.played?.weights ?? null, biases: this.played?.biases ?? null };
    const { seed, shown, opened } = this.state;
    const network = this.network();
    const given = { ...network, ...(this.played ? asked : { weights: network.weights ?? null, biases: network.biases ?? null }) };
    try {
      this.played = /** @type {Played} */ (await playOn({ ...given, rate: Number(this.rate.value), steps, seed, shown, opened }));
    } catch (error) {
      if (!(error instanceof Mistake)) throw error;
      this.isTraining = false;
      this.train.textContent = "Train";
      this.told.textContent = error.message;
      return;
    }
    this.losses.push(...this.played.losses.slice(this.losses.length ? 1 : 0));
    this.draw();
  }

  async toggle() {
    this.isTraining = !this.isTraining;
    this.train.textContent = this.isTraining ? "Pause" : "Train";
    while (this.isTraining) {
      await this.step(STEPS);
      await new Promise(requestAnimationFrame);
    }
  }

  draw() {
    const played = this.played;
    if (!played) return;
    const loss = this.losses[this.losses.length - 1];
    this.told.textContent = `${this.losses.length - 1} steps, L = ${loss}`;
    this.drawNet(played);
    this.drawPlot(played);
    this.drawNeuron(played);
  }

  /** @param {Played} played */
  drawNet(played) {
    const columns = [played.layers[0][0].x, ...played.layers.map((layer) => layer.map((neuron) => neuron.a))];
    const at = (/** @type {number} */ layer, /** @type {number} */ j) => [
      40 + (layer * (WIDTH - 80)) / (columns.length - 1),
      (HEIGHT * (j + 0.5)) / columns[layer].length,
    ];
    const edges = played.layers.flatMap((layer, i) =>
      layer.flatMap((neuron, j) => neuron.w.map((w, k) => edge(at(i, k), at(i + 1, j), w))),
    );
    const nodes = columns.flatMap((values, layer) => values.map((a, j) => this.node(layer, j, a, at(layer, j))));
    this.net.replaceChildren(...edges, ...nodes);
  }

  /** @param {number} layer 0 for inputs @param {number} j @param {number} a @param {number[]} place */
  node(layer, j, a, [x, y]) {
    const isOpen = this.state.opened?.[0] === layer - 1 && this.state.opened?.[1] === j;
    const group = draw("g", { class: `node${isOpen ? " open" : ""}`, transform: `translate(${x} ${y})` });
    const words = layer ? `neuron ${j + 1} of layer ${layer}, ${a}` : `input ${j + 1}, ${a}`;
    const circle = draw("circle", { r: 19 });
    circle.style.fillOpacity = String(0.15 + 0.75 * Math.min(1, Math.abs(a)));
    circle.style.fill = a < 0 ? "var(--minus)" : "var(--plus)";
    const text = draw("text", { "text-anchor": "middle", dy: ".35em" });
    text.textContent = short(a);
    group.append(draw("circle", { r: 19, class: "ground" }), circle, text);
    if (!layer) return group;
    for (const [name, value] of Object.entries({ role: "button", tabindex: "0", "aria-label": words })) group.setAttribute(name, value);
    const open = () => {
      this.state.opened = [layer - 1, j];
      this.step(0);
    };
    group.addEventListener("click", open);
    group.addEventListener("keydown", (event) => /** @type {KeyboardEvent} */ (event).key === "Enter" && open());
    return group;
  }

  /** @param {Played} played */
  drawPlot(played) {
    const pen = this.plot.getContext("2d");
    this.plot.parentElement?.classList.toggle("hidden", !played.field);
    if (!pen || !played.field) return;
    const rows = played.field.length;
    const side = PLOT / rows;
    const colors = getComputedStyle(this);
    const [minus, plus] = ["--minus", "--plus"].map((name) => colors.getPropertyValue(name).trim());
    pen.clearRect(0, 0, PLOT, PLOT);
    played.field.forEach((row, i) =>
      row.forEach((value, j) => {
        pen.globalAlpha = Math.min(0.75, 1.5 * Math.abs(value - 0.5));
        pen.fillStyle = value > 0.5 ? plus : minus;
        pen.fillRect(j * side, i * side, side, side);
      }),
    );
    pen.globalAlpha = 1;
    this.points.forEach((point, n) => {
      const [x, y] = this.toPlot(point, played.edge);
      pen.beginPath();
      pen.arc(x, y, n === this.state.shown ? 8 : 5.5, 0, 7);
      pen.fillStyle = this.targets[n][0] > 0.5 ? plus : minus;
      pen.fill();
      pen.lineWidth = n === this.state.shown ? 3 : 1.5;
      pen.strokeStyle = n === this.state.shown ? "#000" : "#fff";
      pen.stroke();
    });
  }

  /** @param {number[]} point @param {number} edge @returns {[number, number]} */
  toPlot([x, y], edge) {
    return [(PLOT * (x + edge)) / (2 * edge), (PLOT * (edge - y)) / (2 * edge)];
  }

  /** @param {MouseEvent} event */
  press(event) {
    if (!this.played || this.state.example) return;
    const scale = PLOT / this.plot.getBoundingClientRect().width;
    const [px, py] = [event.offsetX * scale, event.offsetY * scale];
    const edge = this.played.edge;
    const near = this.points.findIndex((point) => {
      const [x, y] = this.toPlot(point, edge);
      return Math.hypot(x - px, y - py) < 10;
    });
    if (near < 0) {
      const place = [(2 * edge * px) / PLOT - edge, edge - (2 * edge * py) / PLOT].map((v) => Math.round(100 * v) / 100);
      this.points = [...this.points, place];
      this.targets = [...this.targets, [event.shiftKey ? 0 : 1]];
    }
    this.state.shown = near < 0 ? this.points.length - 1 : near;
    this.step(0);
  }

  /** @param {Played} played */
  drawNeuron(played) {
    const opened = this.state.opened;
    if (!opened) {
      this.neuron.replaceChildren();
      return;
    }
    const [layer, j] = opened;
    const neuron = played.layers[layer][j];
    const row = (/** @type {string} */ name, /** @type {string | number} */ x, /** @type {HTMLElement} */ w, /** @type {number} */ product, /** @type {number} */ slope, /** @type {number} */ next) =>
      make("tr", {}, ...[name, x, w, product, slope, next].map((cell) => make("td", {}, cell instanceof Node ? cell : String(cell))));
    const rows = neuron.w.map((w, k) =>
      row(layer ? `a${k + 1} of layer ${layer}` : `x${k + 1}`, neuron.x[k], this.number(w, (value) => (played.weights[layer][j][k] = value), `w${k + 1}`), w * neuron.x[k], neuron.dL_dw[k], neuron.w_next[k]),
    );
    rows.push(row("bias", "", this.number(neuron.b, (value) => (played.biases[layer][j] = value), "b"), neuron.b, neuron.dL_db, neuron.b_next));
    const head = ["", "x", "w", "w · x", "dL/dw", "w after a step"].map((words) => make("th", { scope: "col" }, words));
    const proof = played.opened;
    this.neuron.replaceChildren(
      make("h2", {}, `Neuron ${j + 1} of layer ${layer + 1}`),
      make("p", { class: "quiet" }, `At point ${this.state.shown + 1} of ${this.points.length}; dL/dw is of the loss over all points. Change a w, and all that follows changes.`),
      make("div", { class: "scroll", tabindex: 0 }, make("table", {}, make("thead", {}, make("tr", {}, ...head)), make("tbody", {}, ...rows))),
      make("p", { class: "sum" }, `z = Σ w·x + b = ${neuron.z}, a = ${neuron.a}`),
      proof ? make("p", { class: proof.proved ? "proof" : "mistake" }, proof.proved ? "Checked by an independent calculation." : "The check failed: this is a fault of ours.") : "",
      proof ? make("details", {}, make("summary", {}, "As it is written on paper, for this point alone"), make("pre", { tabindex: 0 }, proof.text)) : "",
    );
  }

  /** A number that can be changed. @param {number} value @param {(value: number) => void} set @param {string} name */
  number(value, set, name) {
    const field = /** @type {HTMLInputElement} */ (
      make("input", {
        type: "number",
        step: "any",
        value,
        "aria-label": name,
        onchange: () => {
          if (!Number.isFinite(field.valueAsNumber)) return;
          set(field.valueAsNumber);
          this.losses = [];
          this.step(0);
        },
      })
    );
    return field;
  }
}

/** @param {string[]} values @param {(value: string) => void} choose */
function select(values, choose) {
  const element = /** @type {HTMLSelectElement} */ (
    make("select", { onchange: () => choose(element.value) }, ...values.map((value) => make("option", { value }, value)))
  );
  return element;
}

/** @param {string} text as typed: "4, 3" @returns {number[]} at most four layers of 1 to 8 */
function readSizes(text) {
  const sizes = (text.match(/\d+/g) ?? []).map(Number);
  return sizes.slice(0, 4).map((n) => Math.min(8, Math.max(1, n)));
}

/** @param {string} tag @param {Record<string, string | number>} attributes */
function draw(tag, attributes) {
  const element = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, String(value));
  return /** @type {SVGElement} */ (element);
}

/** @param {number[]} from @param {number[]} to @param {number} w */
function edge([x1, y1], [x2, y2], w) {
  const line = draw("line", { x1, y1, x2, y2, class: w < 0 ? "minus" : "plus" });
  line.style.strokeWidth = `${Math.min(9, 0.6 + 2.2 * Math.abs(w))}px`;
  const title = draw("title", {});
  title.textContent = `w = ${w}`;
  line.append(title);
  return line;
}

customElements.define("playground-view", PlaygroundView);
