// A job as it goes on, and what came of it.

import { followJob, stopJob } from "./api.js";
import { humanize, make, wordBytes } from "./dom.js";

const SHOWN_TEXT = 100_000; // characters of a document

/** Follows a job; `picture` is the address of the picture that it was made of, or "". */
export class JobView extends HTMLElement {
  /** @param {string} name @param {string} picture */
  constructor(name, picture) {
    super();
    this.name = name;
    this.picture = picture;
    this.words = make("p", {});
    this.bar = /** @type {HTMLProgressElement} */ (make("progress", { "aria-label": "how far it is" }));
    const stop = make("button", { type: "button", onclick: () => stopJob(this.name) }, "Stop");
    // The same elements for as long as it goes on: a button that is replaced can't be pressed.
    this.progress = make("div", { class: "progress" }, this.words, this.bar, stop);
  }

  connectedCallback() {
    this.setAttribute("aria-live", "polite");
    this.stopFollowing = followJob(this.name, (job) => this.show(job));
  }

  disconnectedCallback() {
    this.stopFollowing?.();
  }

  /** @param {import("./api.js").Job} job */
  show(job) {
    const messages = job.messages.map((words) => make("p", { class: "message" }, words));
    if (job.state === "waiting" || job.state === "running") {
      this.showProgress(job);
    } else if (job.state === "done") {
      this.replaceChildren(...messages, ...this.results(job));
      this.dispatchEvent(new CustomEvent("finished", { detail: job, bubbles: true }));
    } else {
      const words = job.error?.message ?? "";
      const kind = job.state === "cancelled" ? "quiet" : "mistake";
      this.replaceChildren(make("p", { class: kind, role: "alert" }, words), ...messages);
    }
  }

  /** @param {import("./api.js").Job} job */
  showProgress(job) {
    if (!this.progress.isConnected) this.replaceChildren(this.progress);
    this.words.textContent = job.state === "waiting" ? `waiting, place ${job.place} in the line` : job.title || "at work";
    this.bar.max = job.total ?? 1;
    if (job.total) this.bar.value = job.done;
    else this.bar.removeAttribute("value");
  }

  /** @param {import("./api.js").Job} job */
  results(job) {
    const files = job.files ?? [];
    const shown = files.map((file, n) => this.figure(file, n === 0));
    const texts = Object.entries(job.texts ?? {}).map(([name, text]) => value(name, text));
    const documents = Object.entries(job.values ?? {})
      .filter(([name, text]) => !(name in (job.texts ?? {})) && typeof text === "string")
      .map(([, text]) => make("pre", { tabindex: 0 }, String(text).slice(0, SHOWN_TEXT)));
    const seconds = make("p", { class: "quiet" }, `${(job.seconds ?? 0).toFixed(2)} s on this machine`);
    return [...shown, ...documents, texts.length ? make("dl", {}, ...texts.flat()) : null, seconds].filter(
      (each) => each !== null,
    );
  }

  /** @param {import("./api.js").ResultFile} file @param {boolean} isFirst */
  figure(file, isFirst) {
    const link = make("a", { href: file.address, download: file.file }, `${file.file}, ${wordBytes(file.bytes)}`);
    const caption = make("figcaption", {}, `${humanize(file.output)}: `, link);
    return make("figure", {}, this.media(file, isFirst), caption);
  }

  /** @param {import("./api.js").ResultFile} file @param {boolean} isFirst @returns {Node | null} */
  media(file, isFirst) {
    const isPicture = /\.(png|jpe?g|webp|gif|svg|avif)$/.test(file.file);
    if (isPicture && isFirst && this.picture) return compare(this.picture, file.address);
    if (isPicture) return make("img", { src: file.address, alt: humanize(file.output), class: "result" });
    if (/\.(mp4|webm|mov)$/.test(file.file)) return make("video", { src: file.address, controls: true });
    return /\.(wav|flac|opus|mp3)$/.test(file.file) ? make("audio", { src: file.address, controls: true }) : null;
  }
}

/** @param {string} name @param {string} text */
function value(name, text) {
  const lines = text.trim().split("\n").map((line) => make("span", { class: "line" }, line.trim()));
  return [make("dt", {}, humanize(name)), make("dd", {}, ...lines)];
}

/** A picture before and after, with a handle between. @param {string} before @param {string} after */
function compare(before, after) {
  const box = make(
    "div",
    { class: "compare" },
    make("img", { src: before, alt: "before" }),
    make("img", { src: after, alt: "after" }),
  );
  const handle = /** @type {HTMLInputElement} */ (
    make("input", {
      type: "range",
      min: 0,
      max: 100,
      value: 50,
      "aria-label": "how much of the picture before is shown",
      oninput: () => box.style.setProperty("--at", `${handle.value}%`),
    })
  );
  return make("div", {}, box, handle);
}

customElements.define("job-view", JobView);
