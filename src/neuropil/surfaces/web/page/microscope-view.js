// The arithmetic behind a place of a result: which place is meant, and the walk from there.

import { openNeuron } from "./api.js";
import { make } from "./dom.js";
import { makeControl } from "./option-field.js";
import { WalkView } from "./walk-view.js";

/** Asks which place of a result is meant, and opens the neuron behind it; says `looked` with the place and the unit. */
export class MicroscopeView extends HTMLElement {
  /** @param {import("./api.js").Verb} probe @param {string} job whose inputs are meant */
  constructor(probe, job) {
    super();
    this.probe = probe;
    this.job = job;
    this.needsPlace = "at" in probe.options.properties;
    /** @type {Record<string, unknown> | null} what an address says of the place */
    this.asked = null;
    this.place = "";
    this.controls = Object.entries(probe.options.properties)
      .filter(([name]) => !["weights"].includes(name))
      .map(([name, schema]) => /** @type {const} */ ([name, makeControl(name, schema)]));
    this.walk = new WalkView((unit) => openNeuron(this.probe.app, this.form(unit)));
    this.walk.addEventListener("walked", (event) => {
      const detail = { place: this.options(), unit: /** @type {CustomEvent} */ (event).detail };
      this.dispatchEvent(new CustomEvent("looked", { detail, bubbles: true }));
    });
  }

  connectedCallback() {
    const elements = this.controls.map(([, control]) => control?.element ?? null).filter((e) => e !== null);
    const words = this.needsPlace
      ? "Press on the picture: the neuron behind that pixel opens."
      : "Open the neuron behind this result.";
    const open = make("button", { type: "button", onclick: () => this.begin() }, "Open");
    const isAsked = this.probe.options.required.some((name) => name !== "at");
    const details = make("details", { open: isAsked }, make("summary", {}, "Which place"), ...elements);
    const head = make("h2", {}, "Its arithmetic");
    this.replaceChildren(head, make("p", { class: "quiet" }, words), details, this.needsPlace ? "" : open, this.walk);
  }

  /** @param {number} x @param {number} y of the picture, in its pixels */
  openPlace(x, y) {
    this.place = `${x},${y}`;
    this.begin();
  }

  begin() {
    this.asked = null;
    this.walk.begin();
  }

  /** Open what an address says. @param {Record<string, unknown>} place @param {string} unit */
  openAgain(place, unit) {
    this.asked = place;
    this.walk.begin(unit);
  }

  /** @param {string} unit "" for the one behind the place */
  form(unit) {
    const form = new FormData();
    form.append("job", this.job);
    form.append("options", JSON.stringify(this.options()));
    for (const [name, control] of this.controls) {
      for (const file of control?.files?.() ?? []) form.append(name, file, file.name);
    }
    form.append("unit", unit);
    form.append("depth", "3");
    return form;
  }

  /** @returns {Record<string, unknown>} */
  options() {
    if (this.asked) return this.asked;
    const read = this.controls.map(([name, control]) => [name, control?.read()]);
    const told = Object.fromEntries(read.filter(([, value]) => value !== undefined));
    return this.place ? { ...told, at: this.place } : told;
  }
}

customElements.define("microscope-view", MicroscopeView);
