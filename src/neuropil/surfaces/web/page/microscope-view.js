// A neuron opened: every term of its sum, the curve, the proof; a press on a term leads deeper.

import { followJob, Mistake, openNeuron } from "./api.js";
import { humanize, make } from "./dom.js";
import { makeControl } from "./option-field.js";

const SHOWN = 8; // terms of a neuron, the largest

/**
 * @typedef {{n: number, name: string, unit: string, names: string[], x: number[], w: number[],
 *   bias: number, z: number, a: number, curve: string, formula: string, part: string,
 *   below: Record<string, number>, field: number[] | null, fields: Record<string, number[]>,
 *   sources: Record<string, string>, copies: Record<string, string>, back: string, proved: boolean, proofText: string}} WalkStep
 * @typedef {{title: string, steps: WalkStep[], next: string, no_gradients: string,
 *   page: string, image: {picture: string, words: string, at?: number[], rgb?: number[]} | null}} Walk
 */

/** @param {number} v six digits, as people write them @returns {string} */
const told = (v) => (Number.isFinite(v) ? String(Number(v.toPrecision(6))).replace("-", "\u2212") : String(v));

/** Asks which place of a result is meant, and opens the neuron behind it. */
export class MicroscopeView extends HTMLElement {
  /** @param {import("./api.js").Verb} probe @param {string} job whose inputs are meant */
  constructor(probe, job) {
    super();
    this.probe = probe;
    this.job = job;
    /** @type {string[]} units that were opened, one behind the other */
    this.path = [];
  }

  connectedCallback() {
    this.controls = Object.entries(this.probe.options.properties)
      .filter(([name]) => !["weights"].includes(name))
      .map(([name, schema]) => /** @type {const} */ ([name, makeControl(name, schema)]));
    const elements = this.controls.map(([, control]) => control?.element ?? null).filter((e) => e !== null);
    this.needsPlace = "at" in this.probe.options.properties;
    const words = this.needsPlace
      ? "Press on the picture: the neuron behind that pixel opens."
      : "Open the neuron behind this result.";
    this.mistake = make("p", { class: "mistake", role: "alert", hidden: true });
    const open = make("button", { type: "button", onclick: () => this.begin() }, "Open");
    const isAsked = this.probe.options.required.some((name) => name !== "at");
    const details = make("details", { open: isAsked }, make("summary", {}, "Which place"), ...elements);
    this.walk = make("div", { class: "walk" });
    const head = make("h2", {}, "Its arithmetic");
    this.replaceChildren(head, make("p", { class: "quiet" }, words), details, this.needsPlace ? "" : open, this.mistake, this.walk);
  }

  /** @param {number} x @param {number} y of the picture, in its pixels */
  openPlace(x, y) {
    this.place = `${x},${y}`;
    this.begin();
  }

  begin() {
    this.path = [];
    this.open("");
  }

  /** @param {string} unit "" for the one behind the place */
  async open(unit) {
    this.mistake.hidden = true;
    const form = new FormData();
    form.append("job", this.job);
    form.append("options", JSON.stringify(this.options()));
    for (const [name, control] of this.controls) {
      for (const file of control?.files?.() ?? []) form.append(name, file, file.name);
    }
    form.append("unit", unit);
    form.append("depth", "3");
    try {
      const job = await openNeuron(this.probe.app, form);
      this.walk.setAttribute("aria-busy", "true");
      followJob(job.name, (each) => this.show(each));
    } catch (error) {
      if (!(error instanceof Mistake)) throw error;
      this.complain(error.message);
    }
  }

  options() {
    const read = this.controls.map(([name, control]) => [name, control?.read()]);
    const told = Object.fromEntries(read.filter(([, value]) => value !== undefined));
    return this.place ? { ...told, at: this.place } : told;
  }

  /** @param {string} words */
  complain(words) {
    this.walk.removeAttribute("aria-busy");
    this.mistake.textContent = words;
    this.mistake.hidden = false;
  }

  /** @param {import("./api.js").Job & {walk?: Walk}} job */
  show(job) {
    if (job.error) this.complain(job.error.message);
    if (!job.walk) return;
    this.walk.removeAttribute("aria-busy");
    this.walk.replaceChildren(this.crumbs(), ...this.render(job.walk));
    this.walk.scrollIntoView({ behavior: "smooth", block: "start" });
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
    const column = make("div", { class: "steps" }, make("h3", {}, walk.title), make("p", { class: "quiet" }, make("a", { href: walk.page, target: "_blank", rel: "noopener" }, "As a page"), ": there every number can be changed, and what follows from it changes too."), ...(warning ? [warning] : []), ...steps, next);
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

customElements.define("microscope-view", MicroscopeView);
