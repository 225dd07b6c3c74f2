// What was read in a picture and how it was translated: a row for each text, to be corrected and set anew.

import { followJob, Mistake, startJob } from "/api.js";
import { make, wordBytes } from "/dom.js";

const SVG = "http://www.w3.org/2000/svg";

/**
 * @typedef {{quad: [number, number][], text: string, confidence: number, language: string | null}} Line
 * @typedef {{lines: number[], text: string, language: string | null, translation: string, kept: string | null, word_for_word: boolean}} Block
 * @typedef {import("/api.js").Job} Job
 * @typedef {import("/api.js").ResultFile} ResultFile
 */

/** @param {string} command @param {Job} job that has ended @returns {HTMLElement | null} what is added below it */
export function show(command, job) {
  const [picture] = job.files ?? [];
  const isPicture = command === "translate" && picture?.kind === "image" && job.values?.blocks;
  return isPicture ? new TextBoard(job, picture) : null;
}

/** The translated picture with its texts outlined, and a table in which translations can be changed. */
class TextBoard extends HTMLElement {
  /** @param {Job} job @param {ResultFile} picture */
  constructor(job, picture) {
    super();
    this.job = job;
    this.picture = picture;
    this.lines = /** @type {Line[]} */ (job.values?.lines);
    this.blocks = /** @type {Block[]} */ (job.values?.blocks);
  }

  connectedCallback() {
    this.image = /** @type {HTMLImageElement} */ (make("img", { src: this.picture.address, alt: "the translated picture" }));
    this.outlines = document.createElementNS(SVG, "svg");
    this.outlines.setAttribute("aria-hidden", "true");
    this.words = make("p", { class: "quiet", "aria-live": "polite" });
    this.rows = this.blocks.map((block, n) => this.row(block, n));
    const head = ["read", "translation"].map((words) => make("th", { scope: "col" }, words));
    const table = make("table", {}, make("thead", {}, make("tr", {}, ...head)), make("tbody", {}, ...this.rows));
    this.replaceChildren(
      make("h2", {}, "Correct it"),
      make("p", { class: "quiet" }, "Press on a text, write what should stand there, and set it anew. Dashed is what stayed as it was."),
      make(
        "form",
        { class: "seen", onsubmit: (/** @type {Event} */ event) => this.set(event) },
        make("aside", {}, make("div", { class: "stage" }, this.image, this.outlines), make("p", { class: "tools" }, make("button", {}, "Set it anew"), this.words)),
        table,
      ),
    );
    this.image.addEventListener("load", () => this.outline());
  }

  /** @param {Block} block @param {number} n */
  row(block, n) {
    const surest = Math.min(...block.lines.map((line) => this.lines[line].confidence));
    const of = `${block.language ?? "language not known"}, ${(100 * surest).toFixed(0)} % sure`;
    const how = block.word_for_word ? `${of}; word for word` : of;
    const why = block.kept ? `${of}; kept: ${block.kept}` : how;
    const input = make("input", { type: "text", value: block.translation, "aria-label": `translation of ${block.text}`, onfocus: () => this.choose(n) });
    return make("tr", {}, make("td", {}, block.text, make("br"), make("small", {}, why)), make("td", {}, input));
  }

  /** The outlines of all lines, in pixels of the picture. */
  outline() {
    if (!this.outlines || !this.image) return;
    this.outlines.setAttribute("viewBox", `0 0 ${this.image.naturalWidth} ${this.image.naturalHeight}`);
    this.outlines.replaceChildren(...this.blocks.flatMap((block, n) => block.lines.map((line) => this.polygon(this.lines[line], block, n))));
  }

  /** @param {Line} line @param {Block} block @param {number} n */
  polygon(line, block, n) {
    const made = document.createElementNS(SVG, "polygon");
    made.setAttribute("points", line.quad.map((corner) => corner.join(",")).join(" "));
    made.dataset.block = String(n);
    made.classList.toggle("kept", block.kept !== null);
    made.addEventListener("click", () => this.inputs()[n].focus());
    return made;
  }

  /** @returns {HTMLInputElement[]} one for each block */
  inputs() {
    return [...this.querySelectorAll("input")];
  }

  /** Show which block is meant. @param {number} chosen */
  choose(chosen) {
    this.rows?.forEach((row, n) => row.classList.toggle("chosen", n === chosen));
    for (const each of this.outlines?.children ?? []) {
      each.classList.toggle("chosen", /** @type {SVGElement} */ (each).dataset.block === String(chosen));
    }
  }

  /** Set what the table says into the picture that was read. @param {Event} event */
  async set(event) {
    event.preventDefault();
    const inputs = this.inputs();
    const blocks = this.blocks.map((block, n) => ({ ...block, translation: inputs[n].value.trim() || block.text }));
    const form = new FormData();
    form.append("job", this.job.name);
    form.append("corrections", new Blob([JSON.stringify({ lines: this.lines, blocks })], { type: "application/json" }), "corrections.json");
    try {
      const started = await startJob("translate-render", form);
      followJob(started.name, (job) => this.follow(job));
    } catch (error) {
      if (!(error instanceof Mistake)) throw error;
      this.tell(error.message);
    }
  }

  /** @param {Job} job that sets the texts */
  follow(job) {
    if (job.state === "failed") this.tell(job.error?.message ?? "");
    if (job.state !== "done" || !this.image) return;
    const [{ address, file, bytes }] = job.files ?? [];
    this.image.src = address;
    this.tell(`${(job.seconds ?? 0).toFixed(2)} s: `, make("a", { href: address, download: file }, `${file}, ${wordBytes(bytes)}`));
  }

  /** @param {...(string | Node)} words */
  tell(...words) {
    this.words?.replaceChildren(...words);
  }
}

customElements.define("text-board", TextBoard);
