// The line written before one's eyes; a sheet to write on; hands that were learned, kept by the browser.

import { make } from "/dom.js";

const SPEED = 90; // mm a second, of the pen in a replay
const LARGEST = 9; // pixels of the page for a mm
const LIFT = 0.12; // seconds that the pen is in the air
const KEPT = "neuropil-hands"; // what the browser keeps learned styles under
const SAMPLES = ["The quick brown fox jumps", "over the lazy dog, at 5 pm", "Sphinx of black quartz", "judge my vow!"];
const LINE = 44; // pixels between the base line of the sheet and its middle line

/**
 * @typedef {[number, number][]} Stroke points in mm, or in pixels of the sheet
 * @typedef {{width: number, height: number, ink: string, pen: number, strokes: Stroke[]}} Page
 * @typedef {import("/api.js").Job} Job
 */

/** @param {string} command @param {Job} job that has ended @returns {HTMLElement | null} what is added below it */
export function show(command, job) {
  const [file] = job.files ?? [];
  if (command === "handwrite" && file?.file.endsWith(".svg")) return new InkReplay(file.address);
  return command === "handwrite-learn" && file ? offerStyle(file.address) : null;
}

/**
 * @param {string} command @param {HTMLElement} form
 * @param {HTMLElement[]} fields of its inputs @returns {HTMLElement | null} what is added above it
 */
export function prepare(command, form, fields) {
  if (command === "handwrite-learn") return new StrokeSheet(/** @type {any} */ (fields[0]));
  return command === "handwrite" ? offerHands(form) : null;
}

/** A drawing, replayed stroke by stroke. */
class InkReplay extends HTMLElement {
  /** @param {string} address of an SVG of ours, which holds its strokes */
  constructor(address) {
    super();
    this.address = address;
  }

  async connectedCallback() {
    const { paper, ink, pen, pages } = readDrawing(await (await fetch(this.address)).text());
    this.page = { width: paper.width, height: paper.height, ink, pen, strokes: pages[0] };
    this.canvas = /** @type {HTMLCanvasElement} */ (make("canvas", { class: "sheet", role: "img", "aria-label": "the text as it is written" }));
    const again = make("button", { type: "button", onclick: () => this.replay() }, "Write it again");
    this.replaceChildren(make("h2", {}, "As the pen went"), make("p", {}, again), this.canvas);
    this.replay();
  }

  disconnectedCallback() {
    cancelAnimationFrame(this.frame ?? 0);
  }

  replay() {
    cancelAnimationFrame(this.frame ?? 0);
    const { canvas, page } = this;
    if (!canvas || !page) return;
    const width = Math.min(this.clientWidth, LARGEST * page.width);
    canvas.style.width = `${width}px`;
    const scale = (width / page.width) * devicePixelRatio;
    [canvas.width, canvas.height] = [page.width * scale, page.height * scale];
    const isStill = matchMedia("(prefers-reduced-motion: reduce)").matches;
    const begun = performance.now();
    const go = (/** @type {number} */ now) => {
      const isOver = draw(canvas, page, scale, isStill ? Infinity : (now - begun) / 1000);
      if (!isOver) this.frame = requestAnimationFrame(go);
    };
    this.frame = requestAnimationFrame(go);
  }
}

/** What an SVG of ours says of itself; it is not parsed, as its styles are none of this page's. @param {string} svg */
function readDrawing(svg) {
  const [, told = "{}"] = svg.match(/<metadata>(.*?)<\/metadata>/s) ?? [];
  return JSON.parse(told.replaceAll("&lt;", "<").replaceAll("&gt;", ">").replaceAll("&quot;", '"').replaceAll("&amp;", "&"));
}

/**
 * Draw a page as far as the pen has come.
 * @param {HTMLCanvasElement} canvas @param {Page} page @param {number} scale @param {number} seconds
 * @returns {boolean} whether all is drawn
 */
function draw(canvas, page, scale, seconds) {
  const pen = canvas.getContext("2d");
  if (!pen) return true;
  pen.setTransform(scale, 0, 0, scale, 0, 0);
  pen.clearRect(0, 0, page.width, page.height);
  [pen.strokeStyle, pen.lineWidth, pen.lineCap, pen.lineJoin] = [page.ink, page.pen, "round", "round"];
  for (const stroke of page.strokes) {
    seconds -= LIFT;
    if (seconds <= 0) return false;
    const reached = [stroke[0]];
    for (let i = 1; i < stroke.length && seconds > 0; i++) {
      const [[x0, y0], [x1, y1]] = [stroke[i - 1], stroke[i]];
      const whole = Math.hypot(x1 - x0, y1 - y0) / SPEED;
      const share = whole > 0 ? Math.min(1, seconds / whole) : 1;
      reached.push([x0 + share * (x1 - x0), y0 + share * (y1 - y0)]);
      seconds -= whole;
    }
    trace(pen, reached);
  }
  return seconds > 0;
}

/** Draw a stroke, rounded at its points. @param {CanvasRenderingContext2D} pen @param {Stroke} points */
function trace(pen, points) {
  pen.beginPath();
  pen.moveTo(...points[0]);
  for (let i = 1; i < points.length - 1; i++) {
    const [[x0, y0], [x1, y1]] = [points[i], points[i + 1]];
    pen.quadraticCurveTo(x0, y0, (x0 + x1) / 2, (y0 + y1) / 2);
  }
  pen.lineTo(...points[points.length - 1]);
  pen.stroke();
}

/** A sheet to write lines on with mouse, finger or pen; they become the recording of the form. */
class StrokeSheet extends HTMLElement {
  /** @param {{take: (files: File[]) => void}} field of the recording */
  constructor(field) {
    super();
    this.field = field;
    /** @type {{text: string, strokes: Stroke[]}[]} */
    this.lines = [];
    /** @type {Stroke[]} */
    this.strokes = [];
  }

  connectedCallback() {
    this.said = /** @type {HTMLInputElement} */ (make("input", { type: "text", value: SAMPLES[0] }));
    this.canvas = /** @type {HTMLCanvasElement} */ (
      make("canvas", {
        class: "sheet write",
        "aria-label": "sheet to write a line on",
        onpointerdown: (/** @type {PointerEvent} */ event) => this.begin(event),
        onpointermove: (/** @type {PointerEvent} */ event) => this.follow(event),
      })
    );
    this.words = make("p", { class: "quiet", "aria-live": "polite" }, "One line will do; three or four tell more.");
    this.replaceChildren(
      make("h3", {}, "Write here"),
      make("label", { class: "option" }, make("span", { class: "name" }, "What the line says"), this.said),
      this.canvas,
      make("p", {}, button("Take this line", () => this.take()), button("Wipe it", () => this.wipe())),
      this.words,
    );
    this.wipe();
  }

  /** @param {PointerEvent} event @returns {[number, number]} */
  at(event) {
    return [Math.round(10 * event.offsetX) / 10, Math.round(10 * event.offsetY) / 10];
  }

  /** @param {PointerEvent} event */
  begin(event) {
    this.canvas?.setPointerCapture(event.pointerId);
    this.strokes.push([this.at(event)]);
    this.draw();
  }

  /** @param {PointerEvent} event */
  follow(event) {
    if (!event.buttons || !this.strokes.length) return;
    for (const each of event.getCoalescedEvents?.() ?? [event]) this.strokes[this.strokes.length - 1].push(this.at(each));
    this.draw();
  }

  wipe() {
    this.strokes = [];
    this.draw();
  }

  take() {
    if (!this.strokes.length || !this.said?.value.trim()) {
      this.words?.replaceChildren("Write the line first, and say what it says.");
      return;
    }
    this.lines.push({ text: this.said.value.trim(), strokes: this.strokes });
    const recording = JSON.stringify({ lines: this.lines });
    this.field.take([new File([recording], "mine.json", { type: "application/json" })]);
    this.said.value = SAMPLES[this.lines.length % SAMPLES.length];
    this.words?.replaceChildren(`${this.lines.length} taken. Press Start, or write another.`);
    this.wipe();
  }

  draw() {
    const canvas = this.canvas;
    const pen = canvas?.getContext("2d");
    if (!canvas || !pen) return;
    const [width, height] = [canvas.clientWidth || 600, canvas.clientHeight || 150];
    [canvas.width, canvas.height] = [width * devicePixelRatio, height * devicePixelRatio];
    pen.scale(devicePixelRatio, devicePixelRatio);
    pen.strokeStyle = "#8886";
    for (const y of [0.68 * height, 0.68 * height - LINE]) pen.strokeRect(8, y, width - 16, 0);
    [pen.strokeStyle, pen.lineWidth, pen.lineCap, pen.lineJoin] = [getComputedStyle(canvas).color, 2.2, "round", "round"];
    for (const stroke of this.strokes) trace(pen, stroke);
  }
}

/** @param {string} words @param {() => void} press */
function button(words, press) {
  return make("button", { type: "button", onclick: press }, words);
}

/** @returns {Record<string, string>} learned styles by name, as their files say them */
function keptHands() {
  try {
    return JSON.parse(localStorage.getItem(KEPT) ?? "{}");
  } catch {
    return {};
  }
}

/** A hand that was learned, to be kept and written in. @param {string} address of its style file */
function offerStyle(address) {
  const name = /** @type {HTMLInputElement} */ (make("input", { type: "text", value: "mine", "aria-label": "name of this hand" }));
  const keep = button("Keep it and write in it", async () => {
    const style = { ...(await (await fetch(address)).json()), name: name.value.trim() || "mine" };
    localStorage.setItem(KEPT, JSON.stringify({ ...keptHands(), [style.name]: JSON.stringify(style) }));
    location.hash = "#/handwrite";
  });
  return make("div", {}, make("h2", {}, "Your hand"), make("p", { class: "tools" }, name, keep));
}

/** Hands that the browser keeps, to choose from. @param {HTMLElement} form */
function offerHands(form) {
  const hands = keptHands();
  if (!Object.keys(hands).length) return null;
  const options = ["", ...Object.keys(hands)].map((name) => make("option", { value: name }, name || "one of the named"));
  const select = /** @type {HTMLSelectElement} */ (
    make("select", {
      onchange: () => {
        const chooser = /** @type {HTMLInputElement | null} */ (form.querySelector("input[type=file][data-option=style]"));
        const files = new DataTransfer();
        if (select.value) files.items.add(new File([hands[select.value]], `${select.value}.style`));
        if (chooser) chooser.files = files.files;
      },
    }, ...options)
  );
  return make("label", { class: "option" }, make("span", { class: "name" }, "Your hands"), select);
}

customElements.define("ink-replay", InkReplay);
customElements.define("stroke-sheet", StrokeSheet);
