// A film with its sound: its cues on a line of time, each to be exchanged, moved, made louder or taken out, and rendered again.

import { followJob, Mistake, startJob } from "/api.js";
import { make, wordBytes } from "/dom.js";

/**
 * @typedef {{class: string, file: string, duration: number, gain_db: number}} Candidate
 * @typedef {{time: number, duration: number, kind: string, class: string, file: string, gain_db: number, pan: number,
 *   speed: number, confidence: number, why: string, candidates: Candidate[]}} Cue
 * @typedef {import("/api.js").Job} Job
 * @typedef {import("/api.js").ResultFile} ResultFile
 */

/** @type {HTMLFormElement | undefined} where libraries were chosen */
let given;

/** @param {string} command @param {HTMLFormElement} form remembers where libraries are chosen; adds nothing @returns {null} */
export function prepare(command, form) {
  given = command === "foley" ? form : undefined;
  return null;
}

/** @param {string} command @param {Job} job that has ended @returns {HTMLElement | null} what is added below it */
export function show(command, job) {
  const find = (/** @type {string} */ output) => job.files?.find((file) => file.output === output);
  const [film, cues] = [find("film"), find("cues")];
  return command === "foley" && film && cues ? new SoundBoard(job, film, cues) : null;
}

/** @param {{class: string, file: string}} sound @returns {string} dog-bark_03, or the class beside a name that does not tell it */
function nameSound(sound) {
  const name = (sound.file.split("/").pop() ?? "").replace(/\.\w+$/, "");
  return name.startsWith(sound.class) ? name : `${sound.class}: ${name}`;
}

/** The film, its cues on a line of time, and a table in which they can be changed. */
class SoundBoard extends HTMLElement {
  /** @param {Job} job @param {ResultFile} film @param {ResultFile} cues */
  constructor(job, film, cues) {
    super();
    this.job = job;
    this.film = film;
    this.address = cues.address;
  }

  async connectedCallback() {
    /** @type {{film: string, seconds: number, cues: Cue[]}} */
    this.sheet = await (await fetch(this.address)).json();
    this.video = /** @type {HTMLVideoElement} */ (
      make("video", { src: this.film.address, controls: true, playsinline: true, "aria-label": "the film with its sound", ontimeupdate: () => this.follow() })
    );
    this.cursor = make("div", { class: "cue-cursor" });
    this.line = make("div", { class: "sound-line" });
    this.words = make("p", { class: "quiet", "aria-live": "polite" });
    this.body = make("tbody");
    const head = ["at, s", "sound", "gain, dB", "left or right", ""].map((words) => make("th", { scope: "col" }, words));
    this.replaceChildren(
      make("h2", {}, "Another sound"),
      make("p", { class: "quiet" }, "Press on a mark to see its moment, choose another recording, and render it again. A cue with nothing is left out."),
      make(
        "form",
        { onsubmit: (/** @type {Event} */ event) => this.render(event) },
        this.video,
        this.line,
        make("p", { class: "tools" }, make("button", {}, "Render it again"), this.words),
        make("div", { class: "wide" }, make("table", {}, make("thead", {}, make("tr", {}, ...head)), this.body)),
      ),
    );
    this.body.replaceChildren(...this.sheet.cues.map((cue, n) => this.row(cue, n)));
    this.mark();
  }

  /** @param {Cue} cue @param {number} n */
  row(cue, n) {
    const number = (/** @type {"time" | "gain_db" | "pan"} */ key, /** @type {Record<string, number>} */ range, /** @type {string} */ words) =>
      make("input", { type: "number", step: "any", ...range, value: cue[key], "aria-label": `${words} of cue ${n}`, onchange: (/** @type {any} */ event) => this.change(cue, key, event.target) });
    return make(
      "tr",
      { onfocusin: () => this.choose(n) },
      make("td", {}, number("time", { min: 0, max: this.sheet?.seconds ?? 0 }, "time")),
      make("td", {}, this.choice(cue, n), make("br"), make("small", {}, cue.why)),
      make("td", {}, number("gain_db", { min: -120, max: 60 }, "gain")),
      make("td", {}, number("pan", { min: -1, max: 1 }, "place")),
      make("td", {}, make("button", { type: "button", onclick: () => this.seek(cue.time) }, "play")),
    );
  }

  /** What may be heard at a cue. @param {Cue} cue @param {number} n */
  choice(cue, n) {
    const first = { ...cue };
    const options = [first, ...cue.candidates].map((each) => make("option", { value: each.file }, nameSound(each)));
    const select = /** @type {HTMLSelectElement} */ (make("select", { "aria-label": `sound of cue ${n}` }, ...options, make("option", { value: "" }, "nothing")));
    select.addEventListener("change", () => {
      const chosen = [first, ...cue.candidates].find((each) => each.file === select.value);
      cue.file = chosen?.file ?? "";
      if (chosen) [cue.class, cue.duration, cue.gain_db] = [chosen.class, chosen.duration, chosen.gain_db];
      const gain = /** @type {HTMLInputElement | null} */ (this.body?.children[n].querySelector('[aria-label^="gain"]'));
      if (gain) gain.value = String(cue.gain_db);
      this.mark();
    });
    return select;
  }

  /** @param {Cue} cue @param {"time" | "gain_db" | "pan"} key @param {HTMLInputElement} input */
  change(cue, key, input) {
    if (!input.reportValidity()) return;
    cue[key] = Number(input.value);
    this.mark();
  }

  /** Draw the marks of all cues; ambiences lie below. */
  mark() {
    const seconds = this.sheet?.seconds ?? 1;
    const marks = (this.sheet?.cues ?? []).map((cue, n) => {
      const words = `${cue.class} at ${cue.time.toFixed(2)} s`;
      const place = `left: ${(100 * cue.time) / seconds}%; width: ${cue.kind === "event" ? "auto" : `${(100 * cue.duration) / seconds}%`}`;
      const mark = make("button", { type: "button", class: cue.kind, title: words, "aria-label": words, onclick: () => this.seek(cue.time, n) }, cue.kind === "event" ? "" : cue.class);
      mark.style.cssText = place;
      mark.hidden = !cue.file;
      return mark;
    });
    this.line?.replaceChildren(...marks, this.cursor ?? "");
  }

  /** @param {number} time @param {number} [n] of the cue that is meant */
  seek(time, n) {
    if (this.video) {
      this.video.currentTime = Math.max(0, time - 0.3);
      if (n === undefined) this.video.play();
    }
    if (n !== undefined) this.choose(n, true);
  }

  /** @param {number} n @param {boolean} [isShown] whether its row is brought into view */
  choose(n, isShown) {
    const rows = [...(this.body?.children ?? [])];
    rows.forEach((row, each) => row.classList.toggle("chosen", each === n));
    if (isShown) rows[n]?.scrollIntoView({ block: "nearest" });
  }

  follow() {
    this.cursor?.style.setProperty("left", `${(100 * (this.video?.currentTime ?? 0)) / (this.sheet?.seconds ?? 1)}%`);
  }

  /** Render the film again from what the table says. @param {Event} event */
  async render(event) {
    event.preventDefault();
    const cues = (this.sheet?.cues ?? []).filter((cue) => cue.file);
    const form = new FormData();
    form.append("job", this.job.name);
    form.append("cues", new Blob([JSON.stringify({ ...this.sheet, cues }, null, 1)], { type: "application/json" }), "cues.json");
    const chooser = /** @type {HTMLInputElement | null | undefined} */ (given?.querySelector('[data-option="library"]'));
    for (const file of chooser?.files ?? []) form.append("library", file, file.name);
    this.tell("…");
    try {
      const started = await startJob("foley-render", form);
      followJob(started.name, (job) => this.take(job));
    } catch (error) {
      if (!(error instanceof Mistake)) throw error;
      this.tell(error.message);
    }
  }

  /** @param {Job} job that renders */
  take(job) {
    if (job.state === "failed") this.tell(job.error?.message ?? "");
    if (job.state !== "done" || !this.video) return;
    const film = job.files?.find((file) => file.output === "film");
    if (!film) return;
    this.video.src = film.address;
    this.tell(`${(job.seconds ?? 0).toFixed(2)} s: `, make("a", { href: film.address, download: film.file }, `${film.file}, ${wordBytes(film.bytes)}`));
  }

  /** @param {...(string | Node)} words */
  tell(...words) {
    this.words?.replaceChildren(...words);
  }
}

customElements.define("sound-board", SoundBoard);
