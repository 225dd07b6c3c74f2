// Colors put on a photograph by hand: press to place one, drag it, remove it, and the picture follows.

import { followJob, Mistake, startJob, stopJob } from "/api.js";
import { humanize, make, wordBytes } from "/dom.js";

const STEP = 4; // pixels that an arrow key moves a mark

/**
 * @typedef {{x: number, y: number, color: string}} Hint in pixels of the picture
 * @typedef {import("/api.js").Job} Job
 * @typedef {import("/api.js").ResultFile} ResultFile
 */

/** @param {string} command @param {Job} job that has ended @returns {HTMLElement | null} what is added below it */
export function show(command, job) {
  const [picture] = job.files ?? [];
  return command === "colorize" && picture?.kind === "image" ? new HintBoard(job, picture) : null;
}

/** The colored picture, its hints as marks on it, and what else it could have been. */
class HintBoard extends HTMLElement {
  /** @param {Job} job @param {ResultFile} picture */
  constructor(job, picture) {
    super();
    this.job = job;
    this.picture = picture;
    /** @type {Hint[]} */
    this.hints = readHints(job.options?.hints);
    this.running = "";
    this.color = /** @type {HTMLInputElement} */ (make("input", { type: "color", value: "#b0402a", "aria-label": "color of the next hint" }));
    this.image = /** @type {HTMLImageElement} */ (make("img", { src: this.picture.address, alt: "the colored picture", draggable: "false" }));
    this.shade = /** @type {HTMLImageElement} */ (make("img", { class: "shade", alt: "how sure the network is", hidden: true }));
    this.marks = make("div", { class: "marks" });
    this.stage = make("div", { class: "stage", onclick: (/** @type {MouseEvent} */ e) => this.put(e) }, this.image, this.shade, this.marks);
    this.words = make("p", { class: "quiet", "aria-live": "polite" });
    this.others = make("div", { class: "others" });
  }

  connectedCallback() {
    this.replaceChildren(
      make("h2", {}, "Put colors on it"),
      make("p", { class: "quiet" }, "Choose a color and press on the picture where you know it. Drag a mark, or move it by the arrow keys; Delete removes it."),
      make("p", { class: "tools" }, make("label", {}, "Color ", this.color), this.button("Remove the last", () => this.change(this.hints.slice(0, -1))), this.button("What else could it be?", () => this.explore())),
      this.stage,
      this.words,
      this.others,
    );
    this.image.addEventListener("load", () => this.draw());
  }

  /** @param {string} words @param {() => void} press */
  button(words, press) {
    return make("button", { type: "button", onclick: press }, words);
  }

  /** @param {MouseEvent} event */
  put(event) {
    if (event.target instanceof Element && event.target.closest(".mark, .place")) return;
    this.change([...this.hints, { ...this.pixelAt(event), color: this.color.value }]);
  }

  /** @param {MouseEvent} event @returns {{x: number, y: number}} */
  pixelAt(event) {
    const box = this.image.getBoundingClientRect();
    const { naturalWidth: width, naturalHeight: height } = this.image;
    const x = Math.floor(((event.clientX - box.left) / box.width) * width);
    const y = Math.floor(((event.clientY - box.top) / box.height) * height);
    return { x: Math.min(Math.max(x, 0), width - 1), y: Math.min(Math.max(y, 0), height - 1) };
  }

  /** @param {Hint[]} hints */
  change(hints) {
    this.hints = hints;
    this.draw();
    this.run("colorize", {}, (job) => {
      [this.picture] = job.files ?? [];
      this.image.src = this.picture.address;
      const { address, file, bytes } = this.picture;
      const link = make("a", { href: address, download: file }, `${file}, ${wordBytes(bytes)}`);
      this.words.replaceChildren(`${(job.seconds ?? 0).toFixed(2)} s: `, link);
    });
  }

  explore() {
    this.words.textContent = "looking for others …";
    this.run("colorize-explore", {}, (job) => {
      const named = (/** @type {string} */ name) => (job.files ?? []).filter((file) => file.output === name);
      const [sure] = named("confidence");
      this.shade.src = sure?.address ?? "";
      this.words.textContent = "";
      const thumbs = named("alternatives").map((file, n) => this.thumb(file, n));
      const look = this.button("How sure it is", () => (this.shade.hidden = !this.shade.hidden));
      this.places = /** @type {{x: number, y: number}[]} */ (job.values?.places ?? []);
      this.others.replaceChildren(make("p", {}, look, " Circles show where a hint would help most."), ...thumbs);
      this.draw();
    });
  }

  /** @param {ResultFile} file @param {number} n */
  thumb(file, n) {
    const words = `${humanize(file.output)} ${n + 1}`;
    return make("a", { href: file.address, download: file.file, title: `keep ${words}` }, make("img", { src: file.address, alt: words }));
  }

  /**
   * Run a command on the same picture with the hints as they are; one that still runs is stopped.
   * @param {string} command @param {Record<string, unknown>} options @param {(job: Job) => void} tell
   */
  async run(command, options, tell) {
    if (this.running) stopJob(this.running);
    const form = new FormData();
    const hints = this.hints.map(({ x, y, color }) => `${x},${y},${color}`);
    form.append("job", this.job.name);
    form.append("options", JSON.stringify({ strength: this.job.options?.strength, ...options, hints }));
    let started;
    try {
      started = await startJob(command, form);
    } catch (error) {
      if (!(error instanceof Mistake)) throw error;
      this.words.textContent = error.message;
      return;
    }
    this.running = started.name;
    followJob(started.name, (job) => {
      if (job.state === "failed") this.words.textContent = job.error?.message ?? "";
      if (job.state === "done" && this.running === job.name) tell(job);
    });
  }

  draw() {
    const places = this.places ?? [];
    this.marks.replaceChildren(...places.map((place) => this.place(place)), ...this.hints.map((hint, n) => this.mark(hint, n)));
  }

  /** A place where a hint would help. @param {{x: number, y: number}} place */
  place(place) {
    const take = () => this.change([...this.hints, { x: place.x, y: place.y, color: this.color.value }]);
    const element = make("button", { type: "button", class: "place", "aria-label": `put the color at ${place.x}, ${place.y}`, onclick: take });
    return this.move(element, place);
  }

  /** @param {Hint} hint @param {number} n */
  mark(hint, n) {
    const words = `${hint.color} at ${hint.x}, ${hint.y}; arrow keys move it, Delete removes it`;
    const element = make("button", {
      type: "button",
      class: "mark",
      "aria-label": words,
      onpointerdown: (/** @type {PointerEvent} */ event) => this.drag(event, n),
      onkeydown: (/** @type {KeyboardEvent} */ event) => this.press(event, n),
    });
    element.style.background = hint.color;
    return this.move(element, hint);
  }

  /** @param {HTMLElement} element @param {{x: number, y: number}} place */
  move(element, place) {
    element.style.left = `${(100 * (place.x + 0.5)) / (this.image.naturalWidth || 1)}%`;
    element.style.top = `${(100 * (place.y + 0.5)) / (this.image.naturalHeight || 1)}%`;
    return element;
  }

  /** @param {PointerEvent} event @param {number} n */
  drag(event, n) {
    const element = /** @type {HTMLElement} */ (event.currentTarget);
    element.setPointerCapture(event.pointerId);
    element.onpointermove = (moved) => this.move(element, this.pixelAt(moved));
    element.onpointerup = (ended) => {
      element.onpointermove = element.onpointerup = null;
      this.change(this.hints.with(n, { ...this.hints[n], ...this.pixelAt(ended) }));
    };
  }

  /** @param {KeyboardEvent} event @param {number} n */
  press(event, n) {
    const steps = /** @type {Record<string, [number, number]>} */ ({ ArrowLeft: [-STEP, 0], ArrowRight: [STEP, 0], ArrowUp: [0, -STEP], ArrowDown: [0, STEP] });
    const step = steps[event.key];
    if (event.key === "Delete" || event.key === "Backspace") this.change(this.hints.filter((_, i) => i !== n));
    if (!step) return;
    event.preventDefault();
    const { naturalWidth: width, naturalHeight: height } = this.image;
    const hint = this.hints[n];
    const [x, y] = [Math.min(Math.max(hint.x + step[0], 0), width - 1), Math.min(Math.max(hint.y + step[1], 0), height - 1)];
    this.change(this.hints.with(n, { ...hint, x, y }));
    /** @type {HTMLElement | undefined} */ ([...this.marks.querySelectorAll(".mark")][n])?.focus();
  }
}

/** @param {unknown} told hints as a job has them: "x,y,#rrggbb" @returns {Hint[]} */
function readHints(told) {
  if (!Array.isArray(told)) return [];
  return told.map((text) => {
    const [x, y, color] = String(text).split(",");
    return { x: Number(x), y: Number(y), color };
  });
}

customElements.define("hint-board", HintBoard);
