// One command: its form at the left, what came of it at the right.

import { fetchJob, fetchViews, Mistake, startJob } from "./api.js";
import { humanize, make } from "./dom.js";
import { DropField } from "./drop-field.js";
import { JobView } from "./job-view.js";
import { MicroscopeView } from "./microscope-view.js";
import { makeControl, makeEndings } from "./option-field.js";

/** The form of a verb and its job. */
export class VerbView extends HTMLElement {
  /**
   * @param {import("./api.js").Verb} verb
   * @param {import("./api.js").Verb | undefined} probe what opens a neuron of its results
   * @param {string} job the name of one to be found again, or ""
   * @param {URLSearchParams} asked the place and unit of a neuron that was open, or nothing
   */
  constructor(verb, probe, job, asked) {
    super();
    this.asked = asked;
    this.verb = verb;
    this.probe = probe;
    this.job = job;
    this.inputs = this.verb.inputs.map((input) =>
      input.kind.includes("text") ? textField(input) : new DropField(input, this.verb.app),
    );
    this.controls = Object.entries(this.verb.options.properties).map(
      ([name, schema]) => /** @type {const} */ ([name, makeControl(name, schema)]),
    );
    this.endings = this.verb.outputs
      .filter((output, n, all) => all.findIndex((each) => each.name === output.name) === n)
      .map((output) => /** @type {const} */ ([output.name, makeEndings(output)]));
    this.mistake = make("p", { class: "mistake", role: "alert", hidden: true });
    this.result = make("section", { class: "results", "aria-label": "Result" });
    this.own = make("section", { class: "own" });
    this.microscope = make("section", { class: "microscope", "aria-label": "Its arithmetic" });
    this.addEventListener("finished", (event) => {
      const { detail } = /** @type {CustomEvent} */ (event);
      this.offerNeurons(detail);
      this.offerView(detail);
    });
    this.addEventListener("looked", (event) => {
      const { place, unit } = /** @type {CustomEvent} */ (event).detail;
      const told = new URLSearchParams({ place: JSON.stringify(place), ...(unit ? { unit } : {}) });
      history.replaceState(null, "", `${location.hash.split("?")[0]}?${told}`);
    });
  }

  /** @param {import("./api.js").Job} job */
  offerNeurons(job) {
    const isSame = this.probe?.inputs.every((input, n) => input.kind.some((kind) => this.verb.inputs[n]?.kind.includes(kind)));
    if (!this.probe || !isSame || this.probe.inputs.length !== this.verb.inputs.length) return;
    const view = new MicroscopeView(this.probe, job.name);
    this.microscope.replaceChildren(view);
    if (this.asked.has("place")) view.openAgain(readPlace(this.asked.get("place") ?? ""), this.asked.get("unit") ?? "");
    const [picture] = this.result.querySelectorAll("figure img:last-of-type");
    if (!(picture instanceof HTMLImageElement) || !("at" in this.probe.options.properties)) return;
    picture.closest("figure")?.classList.add("pressed-on");
    picture.parentElement?.addEventListener("click", (event) => {
      const box = picture.getBoundingClientRect();
      const x = Math.floor(((event.clientX - box.left) / box.width) * picture.naturalWidth);
      const y = Math.floor(((event.clientY - box.top) / box.height) * picture.naturalHeight);
      view.openPlace(Math.min(Math.max(x, 0), picture.naturalWidth - 1), Math.min(Math.max(y, 0), picture.naturalHeight - 1));
    });
  }

  /** What the application itself adds, `prepare` to the form and `show` to a result. */
  async loadView() {
    const views = await fetchViews();
    return views.includes(this.verb.app) ? import(`/apps/${this.verb.app}/view.js`) : {};
  }

  /** @param {import("./api.js").Job} job */
  async offerView(job) {
    const { show } = await this.loadView();
    const view = show?.(this.verb.command, job);
    this.own.replaceChildren(...(view ? [view] : []));
  }

  /** @param {HTMLElement} form */
  async prepareForm(form) {
    const { prepare } = await this.loadView();
    const added = prepare?.(this.verb.command, form, this.inputs);
    if (added) form.prepend(added);
  }

  connectedCallback() {
    const options = [...this.controls, ...this.endings]
      .map(([, control]) => control?.element ?? null)
      .filter((e) => e !== null);
    const start = make("button", { type: "submit", class: "start" }, "Start");
    const more = options.length
      ? make("details", { open: options.length <= 4 }, make("summary", {}, "Options"), ...options)
      : null;
    const form = make("form", { onsubmit: (/** @type {Event} */ e) => this.start(e) }, ...this.inputs, more, start, this.mistake);
    this.replaceChildren(make("div", { class: "verb" }, form, this.result), this.own, this.microscope);
    this.prepareForm(form);
    if (this.job) this.findAgain();
  }

  async findAgain() {
    try {
      await fetchJob(this.job);
      this.result.replaceChildren(new JobView(this.job, ""));
    } catch (error) {
      this.complain(error);
    }
  }

  /** @param {Event} event */
  async start(event) {
    event.preventDefault();
    this.mistake.hidden = true;
    this.asked = new URLSearchParams();
    try {
      this.microscope.replaceChildren();
      this.own.replaceChildren();
      await Promise.all(this.inputs.map((field) => field instanceof DropField && field.coming));
      const job = await startJob(this.verb.command, this.form());
      const [first] = this.inputs;
      this.result.replaceChildren(new JobView(job.name, first instanceof DropField ? first.picture : ""));
      history.replaceState(null, "", `#/${this.verb.command}/${job.name}`);
    } catch (error) {
      this.complain(error);
    }
  }

  form() {
    const form = new FormData();
    for (const [n, input] of this.verb.inputs.entries()) {
      const field = this.inputs[n];
      if (!(field instanceof DropField)) {
        form.append(input.name, field.querySelector("textarea")?.value ?? "");
        continue;
      }
      if (!field.files.length) throw new Mistake(`Give ${humanize(input.name)}: ${input.text}.`, input.name);
      for (const file of field.files) form.append(input.name, file, file.webkitRelativePath || file.name);
    }
    for (const [name, control] of this.controls) {
      for (const file of control?.files?.() ?? []) form.append(name, file, file.name);
    }
    form.append("options", JSON.stringify(readAll(this.controls)));
    form.append("endings", JSON.stringify(readAll(this.endings)));
    return form;
  }

  /** @param {unknown} error */
  complain(error) {
    if (!(error instanceof Mistake)) throw error;
    this.mistake.textContent = error.message;
    this.mistake.hidden = false;
    this.mistake.scrollIntoView({ block: "nearest" });
  }
}

/** @param {string} text @returns {Record<string, unknown>} what an address says of a place */
function readPlace(text) {
  try {
    return Object(JSON.parse(text));
  } catch {
    return {};
  }
}

/** @param {(readonly [string, import("./option-field.js").Control | null])[]} controls */
function readAll(controls) {
  const told = controls.map(([name, control]) => [name, control?.read()]);
  return Object.fromEntries(told.filter(([, value]) => value !== undefined));
}

/** @param {import("./api.js").Input} input */
function textField(input) {
  const area = make("textarea", { rows: 5, id: `text-${input.name}`, spellcheck: "true" });
  const label = make("label", { for: `text-${input.name}` }, make("h3", {}, humanize(input.name)));
  return make("div", {}, label, make("p", { class: "quiet" }, input.text), area);
}

customElements.define("verb-view", VerbView);
