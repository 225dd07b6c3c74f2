// Mouth-shape cues beside their sound: a mouth that is drawn as it plays, and a line of time to press on.

import { make } from "/dom.js";

const SVG = "http://www.w3.org/2000/svg";
const [WIDE, HIGH] = [200, 150];
const TOOTH = 16; // of the drawing, at most

/**
 * @typedef {{start: number, end: number, value: string}} Cue
 * @typedef {{wide: number, open: number, teeth?: boolean, tongue?: boolean, words: string}} Mouth
 */

/** @type {Record<string, Mouth>} what an animator draws: how wide and how far open, of the drawing */
const MOUTHS = {
  A: { wide: 0.5, open: 0, words: "lips closed (p, b, m)" },
  B: { wide: 0.56, open: 0.16, teeth: true, words: "teeth together (most consonants, ee)" },
  C: { wide: 0.5, open: 0.34, teeth: true, words: "open (e, a)" },
  D: { wide: 0.52, open: 0.62, teeth: true, words: "wide open (ah)" },
  E: { wide: 0.38, open: 0.36, words: "a little rounded (o, er)" },
  F: { wide: 0.24, open: 0.22, words: "puckered (oo, w)" },
  G: { wide: 0.5, open: 0.1, teeth: true, words: "lower lip at the teeth (f, v)" },
  H: { wide: 0.5, open: 0.4, tongue: true, words: "tongue raised (l)" },
  X: { wide: 0.46, open: 0, words: "at rest" },
};

/** @type {import("/drop-field.js").DropField | undefined} where the speech was given */
let speech;

/** @param {string} command @param {HTMLElement} form @param {any[]} fields remembers where the sound is; adds nothing @returns {null} */
export function prepare(command, form, fields) {
  speech = command === "lipsync-cues" ? fields[0] : undefined;
  return null;
}

/** @param {string} command @param {import("/api.js").Job} job that has ended @returns {HTMLElement | null} what is added below it */
export function show(command, job) {
  const [file] = job.files ?? [];
  return command === "lipsync-cues" && file?.file.endsWith(".json") ? new CueBoard(file.address, speech?.files[0]) : null;
}

/** The mouth of the moment, the sound, and all cues in a line. */
class CueBoard extends HTMLElement {
  /** @param {string} address of the cues @param {File | undefined} sound which a page that was loaded again lacks */
  constructor(address, sound) {
    super();
    this.address = address;
    this.sound = sound;
  }

  async connectedCallback() {
    /** @type {{metadata: {duration: number}, mouthCues: Cue[]}} */
    const said = await (await fetch(this.address)).json();
    this.cues = said.mouthCues;
    this.seconds = said.metadata.duration;
    this.face = make("div", { class: "cue-mouth" });
    this.words = make("p", { class: "quiet" });
    this.cursor = make("div", { class: "cue-cursor" });
    this.line = make("div", { class: "cue-line" }, ...this.cues.map((cue) => this.segment(cue)), this.cursor);
    this.replaceChildren(make("h3", {}, "As an animator would draw it"), this.face, this.words, this.player(), this.line);
    this.drawAt(0);
  }

  disconnectedCallback() {
    cancelAnimationFrame(this.waiting ?? 0);
  }

  player() {
    if (!this.sound) return make("p", { class: "quiet" }, "Press on the line to see its mouths.");
    this.audio = /** @type {HTMLAudioElement} */ (
      make("audio", { src: URL.createObjectURL(this.sound), controls: true, "aria-label": "the speech", onplay: () => this.follow() })
    );
    this.audio.addEventListener("seeked", () => this.drawAt(this.audio?.currentTime ?? 0));
    return this.audio;
  }

  /** Draw the mouth again and again while the sound plays. */
  follow() {
    this.drawAt(this.audio?.currentTime ?? 0);
    if (this.audio && !this.audio.paused) this.waiting = requestAnimationFrame(() => this.follow());
  }

  /** @param {Cue} cue */
  segment(cue) {
    const share = (100 * (cue.end - cue.start)) / (this.seconds ?? 1);
    const words = `${cue.value}, ${cue.start.toFixed(2)} to ${cue.end.toFixed(2)} s`;
    const button = make(
      "button",
      { type: "button", class: `cue-${cue.value}`, title: words, "aria-label": words, onclick: () => this.seek(cue.start) },
      share > 1.2 ? cue.value : "",
    );
    button.style.width = `${share}%`;
    return button;
  }

  /** @param {number} time */
  seek(time) {
    if (this.audio) this.audio.currentTime = time;
    this.drawAt(time);
  }

  /** @param {number} time in seconds */
  drawAt(time) {
    const cue = this.cues?.findLast((each) => each.start <= time + 0.001) ?? { value: "X" };
    this.face?.replaceChildren(drawMouth(MOUTHS[cue.value]));
    if (this.words) this.words.textContent = `${cue.value}: ${MOUTHS[cue.value].words}`;
    this.cursor?.style.setProperty("left", `${(100 * time) / (this.seconds ?? 1)}%`);
  }
}

/** @param {Mouth} mouth */
function drawMouth(mouth) {
  const drawing = document.createElementNS(SVG, "svg");
  drawing.setAttribute("viewBox", `0 0 ${WIDE} ${HIGH}`);
  drawing.setAttribute("aria-hidden", "true");
  const [x, y, halfWide, halfOpen] = [WIDE / 2, HIGH / 2, (mouth.wide * WIDE) / 2, (mouth.open * HIGH) / 2];
  add(drawing, "ellipse", { cx: x, cy: y, rx: halfWide + 12, ry: halfOpen + 12, class: "lips" });
  add(drawing, "ellipse", { cx: x, cy: y, rx: halfWide, ry: Math.max(halfOpen, 1.5), class: "inside" });
  const high = Math.min(TOOTH, halfOpen);
  if (mouth.teeth) add(drawing, "rect", { x: x - halfWide * 0.7, y: y - halfOpen * 0.8, width: halfWide * 1.4, height: high, rx: 4, class: "teeth" });
  if (mouth.tongue) add(drawing, "ellipse", { cx: x, cy: y + halfOpen * 0.2, rx: halfWide * 0.5, ry: halfOpen * 0.7, class: "tongue" });
  return drawing;
}

/** @param {Element} parent @param {string} tag @param {Record<string, string | number>} attributes */
function add(parent, tag, attributes) {
  const element = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, String(value));
  parent.append(element);
}

customElements.define("cue-board", CueBoard);
