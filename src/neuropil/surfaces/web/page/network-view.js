// Any ONNX file: dropped in, its tensors listed, a number of it chosen, and its arithmetic opened.

import { fetchJob, fetchNetworks, followJob, Mistake, openUnit, stopJob, takeNetwork } from "./api.js";
import { make, wordBytes } from "./dom.js";
import { WalkView } from "./walk-view.js";

const SHOWN = 200; // tensors at once

/**
 * @typedef {{name: string, op: string, shape: string, unit: string, label: string}} Tensor
 * @typedef {{operators: Record<string, number>, inputs: Record<string, string>, outputs: Record<string, string>,
 *   parameters: number, tensors: Tensor[], unknown: string[], given: Record<string, string>, pictures: string[],
 *   first: string, fault: string}} Listing
 * @typedef {{name: string, shape: HTMLInputElement, file: HTMLInputElement}} Given an input of the network
 */

/** Shows a network; its address is #/network/NAME, of a file or of one of the package, and what is open in it. */
export class NetworkView extends HTMLElement {
  /** @param {string} name of the job that listed it, or of a packaged network, or "" @param {URLSearchParams} asked */
  constructor(name, asked) {
    super();
    this.name = name;
    this.fileName = name.includes(".") ? name : ""; // of a network of the package, or of the file that was dropped
    this.asked = asked;
    this.job = ""; // that listed it
    /** @type {Given[]} */
    this.given = [];
    this.mistake = make("p", { class: "mistake", role: "alert", hidden: true });
    this.file = /** @type {HTMLInputElement} */ (make("input", { type: "file", id: "network-file", class: "visually-hidden", accept: ".onnx", onchange: () => this.take(this.file.files?.[0]) }));
    this.packaged = make("details", {}, make("summary", {}, "Or one of those that work here"));
    this.listed = make("div", {});
    this.seed = /** @type {HTMLInputElement} */ (make("input", { type: "number", min: 0, max: 1e9, value: asked.get("seed") ?? 0 }));
    this.unit = /** @type {HTMLInputElement} */ (make("input", { type: "text", spellcheck: "false", value: "" }));
    this.walk = new WalkView((unit) => openUnit(this.job, this.form(unit)));
    this.walk.addEventListener("walked", (event) => this.note(/** @type {CustomEvent} */ (event).detail));
  }

  connectedCallback() {
    const drop = make(
      "div",
      { class: "drop", ondragover: (/** @type {DragEvent} */ e) => e.preventDefault(), ondrop: (/** @type {DragEvent} */ e) => (e.preventDefault(), this.take(e.dataTransfer?.files[0])) },
      make("p", {}, "Drop an ONNX file here, or ", make("label", { for: "network-file", class: "button" }, "choose"), this.file),
      this.packaged,
    );
    this.replaceChildren(
      make("h1", {}, "Any network, down to its numbers"),
      make("p", { class: "lead" }, "An ONNX file stays on this machine; nothing in it is run but the operations of ONNX."),
      drop, this.mistake, this.listed, make("section", { class: "microscope", "aria-label": "Its arithmetic" }, this.walk),
    );
    this.offerPackaged();
    if (this.name) this.find();
  }

  async offerPackaged() {
    const networks = await fetchNetworks();
    const buttons = networks.map(({ name, bytes }) => make("button", { type: "button", title: wordBytes(bytes), onclick: () => this.choose(name) }, make("span", {}, name)));
    this.packaged.append(make("div", { class: "samples" }, ...buttons));
  }

  /** Find again what the address names. */
  find() {
    if (this.name.includes(".")) this.begin(this.packagedForm(this.name));
    else this.attempt(async () => this.follow(await fetchJob(this.name)));
  }

  /** @param {string} name */
  packagedForm(name) {
    const form = new FormData();
    form.append("packaged", name);
    return form;
  }

  /** @param {string} name of a network of the package */
  choose(name) {
    this.asked = new URLSearchParams();
    this.name = this.fileName = name;
    this.begin(this.packagedForm(name));
  }

  /** @param {File | undefined} file */
  take(file) {
    if (!file) return;
    this.asked = new URLSearchParams();
    this.name = "";
    this.fileName = file.name;
    const form = new FormData();
    form.append("network", file, file.name);
    this.begin(form);
  }

  /** @param {FormData} form */
  begin(form) {
    this.listed.replaceChildren(make("p", { class: "quiet", role: "status" }, "It is read, and run once… ", make("button", { type: "button", onclick: () => stopJob(this.job) }, "Stop")));
    this.walk.shown.replaceChildren();
    this.attempt(async () => this.follow(await takeNetwork(form)));
  }

  /** @param {() => Promise<void>} work */
  async attempt(work) {
    this.mistake.hidden = true;
    try {
      await work();
    } catch (error) {
      if (!(error instanceof Mistake)) throw error;
      this.complain(error.message);
    }
  }

  /** @param {string} words */
  complain(words) {
    this.listed.replaceChildren();
    this.mistake.textContent = words;
    this.mistake.hidden = false;
  }

  /** @param {import("./api.js").Job} job */
  async follow(job) {
    this.job = job.name;
    this.name ||= job.name;
    followJob(job.name, (each) => this.show(/** @type {import("./api.js").Job & {network?: Listing}} */ (each)));
  }

  /** @param {import("./api.js").Job & {network?: Listing}} job */
  show(job) {
    if (job.error) this.complain(job.error.message);
    if (!job.network) return;
    this.list(job.network);
    this.write("");
    const unit = this.asked.get("unit");
    if (unit !== null) this.walk.begin(unit);
  }

  /** @param {Listing} listing */
  list(listing) {
    const many = Object.values(listing.operators).reduce((sum, n) => sum + n, 0);
    const operators = Object.entries(listing.operators).map(([op, n]) => (n > 1 ? `${op} × ${n}` : op));
    const ends = (/** @type {Record<string, string>} */ named) => Object.entries(named).map(([name, kind]) => `${name}: ${kind}`).join("; ");
    const rows = [["operations", operators.join(", ")], ["inputs", ends(listing.inputs)], ["outputs", ends(listing.outputs)]];
    const isHopeless = listing.unknown.length || listing.fault.includes("not run here"); // other inputs would not help
    const unknown = listing.unknown.length && !listing.fault ? `${listing.unknown.join(", ")} can be run, but not taken apart here; what leads to them can.` : "";
    this.unit.value = listing.first;
    this.listed.replaceChildren(
      make("h2", {}, `${this.fileName ? `${this.fileName}: ` : ""}${many} ${many === 1 ? "operation" : "operations"}, ${listing.parameters.toLocaleString("en")} parameters`),
      make("dl", { class: "of-network" }, ...rows.flatMap(([name, text]) => [make("dt", {}, name), make("dd", {}, text)])),
      unknown ? make("p", { class: "message" }, unknown) : "",
      listing.fault ? make("p", { class: "mistake", role: "alert" }, `It did not run: ${listing.fault}.${isHopeless ? "" : " Give other shapes or inputs below."}`) : "",
      make("div", { class: "browse" }, this.tensors(listing.tensors), this.inputs(listing)),
    );
  }

  /** @param {Tensor[]} tensors */
  tensors(tensors) {
    const body = make("tbody", {});
    const open = (/** @type {Tensor} */ { name, unit, label }) =>
      unit ? make("button", { type: "button", class: "deeper", title: `open ${unit}, its largest number`, onclick: () => this.open(unit) }, label || name) : make("span", {}, label || name);
    const fill = (/** @type {string} */ part) => {
      const found = tensors.filter(({ name, op, label }) => `${name} ${op} ${label}`.toLowerCase().includes(part.toLowerCase()));
      const rows = found.slice(0, SHOWN).map((each) => make("tr", {}, make("td", {}, open(each)), make("td", {}, each.op), make("td", {}, each.shape)));
      const more = found.length - rows.length;
      body.replaceChildren(...rows, ...(more > 0 ? [make("tr", {}, make("td", { colspan: 3 }, `${more} more; search for one`))] : []));
    };
    const search = /** @type {HTMLInputElement} */ (make("input", { type: "text", placeholder: "search", "aria-label": "search the tensors", oninput: () => fill(search.value) }));
    fill("");
    const head = make("tr", {}, ...["what is made", "by", "shape"].map((words) => make("th", { scope: "col" }, words)));
    return make("div", {}, make("h3", {}, "Press on one: its largest number opens"), search, make("div", { class: "scroll tall", tabindex: 0 }, make("table", { class: "tensors" }, make("thead", {}, head), body)));
  }

  /** @param {Listing} listing */
  inputs({ given, pictures }) {
    this.given = Object.entries(given).map(([name, shape]) => ({
      name,
      shape: /** @type {HTMLInputElement} */ (make("input", { type: "text", value: this.asked.get(`shape.${name}`) ?? shape, "aria-label": `shape of ${name}` })),
      file: /** @type {HTMLInputElement} */ (make("input", { type: "file", accept: pictures.includes(name) ? ".npy,image/*" : ".npy", "aria-label": `file of ${name}`, onchange: () => this.forgetInputs() })),
    }));
    const fields = this.given.map(({ name, shape, file }) => make("div", { class: "option" }, make("span", { class: "unit" }, name), shape, file, make("small", {}, pictures.includes(name) ? "its shape; a picture or .npy file, else it is drawn" : "its shape; a .npy file, else it is drawn")));
    return make(
      "form",
      { onsubmit: (/** @type {Event} */ event) => (event.preventDefault(), this.open(this.unit.value.trim())) },
      make("h3", {}, "What comes in"),
      ...fields,
      make("label", { class: "option" }, make("span", { class: "name" }, "seed"), this.seed, make("small", {}, "of what is drawn")),
      make("label", { class: "option" }, make("span", { class: "name" }, "number to open"), this.unit, make("small", {}, "NAME,I,J,... of any tensor; nothing for the largest output")),
      make("button", { type: "submit", class: "start" }, "Open"),
    );
  }

  /** Files that are chosen anew are to be sent. */
  forgetInputs() {
    this.walk.job = "";
    this.asked.delete("inputs");
  }

  /** @param {string} unit */
  open(unit) {
    this.unit.value = unit;
    this.walk.begin(unit);
  }

  /** @param {string} unit */
  form(unit) {
    const form = new FormData();
    form.append("unit", unit);
    form.append("depth", "3");
    form.append("seed", this.seed.value || "0");
    form.append("shapes", JSON.stringify(Object.fromEntries(this.given.map(({ name, shape }) => [name, shape.value]))));
    const files = this.given.filter(({ file }) => file.files?.length);
    const before = this.walk.job || this.asked.get("inputs");
    if (before) form.append("job", before); // its inputs were sent already
    else for (const { name, file } of files) form.append(name, /** @type {FileList} */ (file.files)[0]);
    return form;
  }

  /** @param {string} unit that is shown */
  note(unit) {
    this.asked = new URLSearchParams([["unit", unit], ["seed", this.seed.value], ...this.given.map(({ name, shape }) => [`shape.${name}`, shape.value])]);
    if (this.given.some(({ file }) => file.files?.length)) this.asked.set("inputs", this.walk.job);
    this.write(`?${this.asked}`);
  }

  /** @param {string} query */
  write(query) {
    if (this.isConnected) history.replaceState(null, "", `#/network/${this.name}${query || (this.asked.size ? `?${this.asked}` : "")}`);
  }
}

customElements.define("network-view", NetworkView);
