// A walk through a network: every term of a neuron's sum, the curve, the proof; a press on a term leads deeper.

import { followJob, Mistake, stopJob } from "./api.js";
import { humanize, make } from "./dom.js";

const SHOWN = 8; // terms of a neuron, the largest

/**
 * @typedef {{n: number, name: string, unit: string, names: string[], x: number[], w: number[],
 *   bias: number, z: number, a: number, curve: string, formula: string, part: string,
 *   below: Record<string, number>, field: number[] | null, fields: Record<string, number[]>,
 *   sources: Record<string, string>, copies: Record<string, string>, back: string, proved: boolean, proofText: string}} WalkStep
 * @typedef {{title: string, steps: WalkStep[], next: string, no_gradients: string,
 *   page: string, sheet: string, image: {picture: string, words: string, at?: number[], rgb?: number[]} | null}} Walk
 */

/** @param {number} v six digits, as people write them @returns {string} */
const told = (v) => (Number.isFinite(v) ? String(Number(v.toPrecision(6))).replace("-", "\u2212") : String(v));

/** Shows the neurons that `ask` opens; says `walked` with the unit that is shown, "" for the first. */
export class WalkView extends HTMLElement {
  /** @param {(unit: string) => Promise<import("./api.js").Job>} ask opens a unit, or the first where it is "" */
  constructor(ask) {
    super();
    this.ask = ask;
    /** @type {string[]} units that were opened, one behind the other */
    this.path = [];
    this.job = ""; // what opened the last one
    this.mistake = make("p", { class: "mistake", role: "alert", hidden: true });
    this.shown = make("div", { class: "walk" });
    this.busy = make("p", { class: "quiet", role: "status", hidden: true }, "It is opened… ", make("button", { type: "button", onclick: () => stopJob(this.job) }, "Stop"));
  }

  connectedCallback() {
    this.replaceChildren(this.mistake, this.busy, this.shown);
  }

  /** Begin at a unit. @param {string} unit */
  begin(unit = "") {
    this.path = unit ? [unit] : [];
    return this.open(unit);
  }

  /** @param {string} unit "" for the first */
  async open(unit) {
    this.mistake.hidden = true;
    try {
      const job = await this.ask(unit);
      this.job = job.name;
      this.wait(true);
      followJob(job.name, (each) => this.show(each));
      this.dispatchEvent(new CustomEvent("walked", { detail: unit, bubbles: true }));
    } catch (error) {
      if (!(error instanceof Mistake)) throw error;
      this.complain(error.message);
    }
  }

  /** @param {boolean} isBusy */
  wait(isBusy) {
    this.busy.hidden = !isBusy;
    this.shown.setAttribute("aria-busy", String(isBusy));
  }

  /** @param {string} words */
  complain(words) {
    this.wait(false);
    this.mistake.textContent = words;
    this.mistake.hidden = false;
  }

  /** @param {import("./api.js").Job & {walk?: Walk}} job */
  show(job) {
    if (job.error) {
      this.shown.replaceChildren(); // what stood there was of another number
      this.complain(job.error.message);
    }
    if (!job.walk) return;
    this.wait(false);
    this.shown.replaceChildren(this.crumbs(), ...this.render(job.walk));
    this.shown.scrollIntoView({ behavior: "smooth", block: "start" });
  }

  crumbs() {
    const start = make("button", { type: "button", onclick: () => this.begin() }, "the result");
    const units = this.path.map((unit, n) =>
      make("button", { type: "button", onclick: () => ((this.path = this.path.slice(0, n + 1)), this.open(unit)) }, unit),
    );
    return make("nav", { class: "crumbs", "aria-label": "The way to this neuron" }, start, ...units);
  }

  /** @param {string} unit */
  deeper(unit) {
    this.path.push(unit);
    this.open(unit);
  }

  /** @param {Walk} walk */
  render(walk) {
    const picture = walk.image ? this.picture(walk.image) : null;
    const steps = walk.steps.map((step) => this.step(step));
    const next = walk.next
      ? make("button", { type: "button", onclick: () => this.deeper(walk.next) }, "Deeper, along the largest term")
      : make("p", { class: "quiet" }, "Below are only inputs.");
    const warning = walk.no_gradients ? make("p", { class: "quiet" }, `No gradients: ${walk.no_gradients}.`) : null;
    const column = make("div", { class: "steps" }, make("h3", {}, walk.title), make("p", { class: "quiet" }, make("a", { href: walk.page, target: "_blank", rel: "noopener" }, "As a page"), ": there every number can be changed, and what follows from it changes too. ", make("a", { href: walk.sheet, target: "_blank", rel: "noopener" }, "As homework"), ": a sheet with blanks to print, and its solutions."), ...(warning ? [warning] : []), ...steps, next);
    return [make("div", { class: picture ? "seen" : "" }, ...(picture ? [picture] : []), column)];
  }

  /** @param {NonNullable<Walk["image"]>} image */
  picture(image) {
    this.frame = make("div", { class: "field", hidden: true });
    const img = make("img", { src: image.picture, alt: image.words });
    const cross = image.at ? make("div", { class: "cross" }) : null;
    if (cross && image.at) {
      cross.style.left = `${100 * image.at[0]}%`;
      cross.style.top = `${100 * image.at[1]}%`;
    }
    const box = make("div", { class: "picture" }, img, this.frame, ...(cross ? [cross] : []));
    return make("aside", {}, box, make("p", { class: "quiet" }, image.words));
  }

  /** @param {number[] | null | undefined} field left, top, width, height, in parts of the picture */
  frameAt(field) {
    if (!this.frame) return;
    this.frame.hidden = !field;
    if (!field) return;
    const [left, top, width, height] = field.map((v) => `${100 * v}%`);
    Object.assign(this.frame.style, { left, top, width, height });
  }

  /** @param {WalkStep} step */
  step(step) {
    const order = step.x.map((_, i) => i).sort((i, j) => Math.abs(step.x[j] * step.w[j]) - Math.abs(step.x[i] * step.w[i]));
    const first = order.slice(0, SHOWN);
    const others = order.slice(SHOWN);
    const most = Math.max(...order.map((i) => Math.abs(step.x[i] * step.w[i])), Math.abs(step.bias), 1e-300);
    const body = make("tbody", {}, ...first.map((i) => this.term(step, i, most)));
    if (others.length) {
      const rest = others.reduce((sum, i) => sum + step.x[i] * step.w[i], 0);
      const all = make("button", { type: "button", onclick: () => row.replaceWith(...others.map((i) => this.term(step, i, most))) }, "show");
      const row = line(make("span", {}, `the other ${others.length} `, all), "", "", rest, most);
      body.append(row);
    }
    body.append(line("bias", "", "", step.bias, most));
    const head = make("tr", {}, ...["input", "x", "w", "w · x", ""].map((words) => make("th", { scope: "col" }, words)));
    const article = make(
      "article",
      { class: "step", onmouseenter: () => this.frameAt(step.field) },
      make("h3", {}, step.name, make("output", {}, told(step.a))),
      step.unit ? make("p", { class: "unit" }, step.unit) : "",
      make("div", { class: "scroll", tabindex: 0 }, make("table", {}, make("thead", {}, head), body)),
      make("p", { class: "sum" }, `z = Σ w·x + b = ${told(step.z)}, a = ${step.formula} = ${told(step.a)}`),
      step.back ? make("p", { class: "back" }, step.back) : "",
      make("p", { class: step.proved ? "proof" : "mistake" }, step.proofText),
      copyButtons(step),
    );
    return article;
  }

  /** @param {WalkStep} step @param {number} i @param {number} most */
  term(step, i, most) {
    const unit = step.sources[i];
    const name = unit
      ? make("button", { type: "button", class: "deeper", title: `open ${unit}`, onclick: () => this.deeper(unit) }, step.names[i])
      : step.names[i];
    const row = line(name, told(step.x[i]), told(step.w[i]), step.x[i] * step.w[i], most);
    row.addEventListener("mouseenter", () => this.frameAt(step.fields[i] ?? step.field));
    return row;
  }
}

/** Buttons that put a step on the clipboard, in the forms that the server wrote. @param {WalkStep} step */
function copyButtons(step) {
  const words = make("span", { class: "quiet", "aria-live": "polite" });
  const copy = async (/** @type {string} */ form, /** @type {string} */ content) => {
    try {
      await navigator.clipboard.writeText(content);
      words.textContent = `${form} is on the clipboard.`;
    } catch {
      words.textContent = "The browser does not let this page copy.";
    }
  };
  const buttons = Object.entries(step.copies).map(([form, content]) => make("button", { type: "button", onclick: () => copy(form, content) }, form));
  return make("p", { class: "copies" }, "Copy as ", ...buttons, " ", words);
}

/**
 * @param {Node | string} name @param {string} x @param {string} w @param {number} product
 * @param {number} most the largest product of the neuron
 */
function line(name, x, w, product, most) {
  const bar = make("meter", { min: 0, max: 1, value: Math.abs(product) / most, class: product < 0 ? "minus" : "plus", "aria-label": `${humanize("share")} of the largest term` });
  return make("tr", {}, make("td", {}, name), make("td", {}, x), make("td", {}, w), make("td", {}, told(product)), make("td", { class: "bar" }, bar));
}

customElements.define("walk-view", WalkView);
