// A place for a file: dropped, pasted, chosen, taken from the camera, or a sample.

import { fetchSamples } from "./api.js";
import { humanize, make } from "./dom.js";

/** @type {Record<string, string>} */
const ENDINGS = { image: "image/*,.heic,.tif,.psd", film: "video/*,.mkv", audio: "audio/*,video/*" };
const FOLDERS = ["image-folder", "photo-folder", "sound-folder"];

/** Holds the files of one input of a verb; says `change` when they are others. */
export class DropField extends HTMLElement {
  /** @param {import("./api.js").Input} input @param {string} app whose samples are offered */
  constructor(input, app) {
    super();
    this.input = input;
    this.app = app;
    /** @type {File[]} */
    this.files = [];
    this.coming = Promise.resolve(); // of a sample that is fetched, and who starts waits for it
    this.isFolder = input.kind.some((kind) => FOLDERS.includes(kind));
    this.pasted = (/** @type {ClipboardEvent} */ event) => this.paste(event);
    const id = `file-${this.input.name}`;
    this.chooser = /** @type {HTMLInputElement} */ (
      make("input", {
        type: "file",
        id,
        class: "visually-hidden",
        accept: this.isFolder ? null : this.input.kind.map((kind) => ENDINGS[kind] ?? "").join(),
        webkitdirectory: this.isFolder,
        onchange: () => this.take([...(this.chooser.files ?? [])]),
      })
    );
    this.shown = make("div", { class: "shown" });
    this.words = make("span", {}, `Drop ${this.isFolder ? "a folder" : "a file"} here, or `);
    this.samples = make("div", { class: "samples" });
    this.area = make(
      "div",
      {
        class: "drop",
        ondragover: (/** @type {DragEvent} */ event) => this.hover(event, true),
        ondragleave: (/** @type {DragEvent} */ event) => this.hover(event, false),
        ondrop: (/** @type {DragEvent} */ event) => this.drop(event),
      },
      this.shown,
      make("p", {}, this.words, make("label", { for: id, class: "button" }, "choose"), this.cameraButton()),
      this.chooser,
    );
  }

  connectedCallback() {
    const title = make("h3", {}, humanize(this.input.name));
    this.replaceChildren(title, make("p", { class: "quiet" }, this.input.text), this.area, this.samples);
    document.addEventListener("paste", this.pasted);
    this.offerSamples();
  }

  disconnectedCallback() {
    document.removeEventListener("paste", this.pasted);
    this.stopCamera();
  }

  /** @param {DragEvent} event @param {boolean} isOver */
  hover(event, isOver) {
    event.preventDefault();
    this.area.classList.toggle("over", isOver);
  }

  /** @param {DragEvent} event */
  drop(event) {
    this.hover(event, false);
    this.take([...(event.dataTransfer?.files ?? [])]);
  }

  /** @param {ClipboardEvent} event */
  paste(event) {
    const files = [...(event.clipboardData?.files ?? [])];
    if (files.length) this.take(files);
  }

  /** @param {File[]} files */
  take(files) {
    if (!files.length) return;
    this.stopCamera();
    this.files = this.isFolder ? files : files.slice(0, 1);
    this.preview();
    this.dispatchEvent(new Event("change"));
  }

  /** The address of the picture that was chosen, "" where it is none. */
  get picture() {
    const [file] = this.files;
    return !this.isFolder && file?.type.startsWith("image/") ? URL.createObjectURL(file) : "";
  }

  preview() {
    const [file] = this.files;
    const words = this.isFolder ? `${this.files.length} files` : file.name;
    const address = URL.createObjectURL(file);
    const media = this.isFolder ? null : showMedia(file.type, address, words);
    this.shown.replaceChildren(...(media ? [media] : []), make("p", { class: "quiet" }, words));
    this.words.textContent = "Drop another here, or ";
  }

  cameraButton() {
    const isWanted = this.input.kind.includes("image") && !this.isFolder;
    if (!isWanted || !navigator.mediaDevices) return null;
    return make("button", { type: "button", class: "button", onclick: () => this.openCamera() }, "camera");
  }

  async openCamera() {
    try {
      this.stream = await navigator.mediaDevices.getUserMedia({ video: { facingMode: "environment" } });
    } catch {
      const words = "No camera was opened: the browser was not allowed to, or there is none.";
      this.shown.replaceChildren(make("p", { class: "mistake", role: "alert" }, words));
      return;
    }
    const video = /** @type {HTMLVideoElement} */ (make("video", { autoplay: true, muted: true, playsinline: true }));
    video.srcObject = this.stream;
    const take = make("button", { type: "button", onclick: () => this.snap(video) }, "Take the picture");
    this.shown.replaceChildren(video, take);
  }

  /** @param {HTMLVideoElement} video */
  snap(video) {
    const canvas = document.createElement("canvas");
    [canvas.width, canvas.height] = [video.videoWidth, video.videoHeight];
    canvas.getContext("2d")?.drawImage(video, 0, 0);
    canvas.toBlob((blob) => blob && this.take([new File([blob], "camera.png", { type: "image/png" })]));
  }

  stopCamera() {
    this.stream?.getTracks().forEach((track) => track.stop());
    this.stream = undefined;
  }

  async offerSamples() {
    if (this.isFolder) return;
    const fitting = (await fetchSamples()).filter((sample) => this.input.kind.includes(sample.kind));
    const own = fitting.filter((sample) => sample.app && sample.app === this.app);
    const samples = own.length ? own : fitting.filter((sample) => !sample.app);
    const buttons = samples.map(({ file, kind }) =>
      make(
        "button",
        { type: "button", title: file, "aria-label": `Sample ${file}`, onclick: () => (this.coming = this.takeSample(file)) },
        thumbnail(file, kind),
      ),
    );
    if (buttons.length) this.samples.replaceChildren(make("p", { class: "quiet" }, "Or a sample:"), ...buttons);
  }

  /** @param {string} file */
  async takeSample(file) {
    const blob = await (await fetch(`/samples/${file}`)).blob();
    this.take([new File([blob], file, { type: blob.type })]);
  }
}

/** @param {string} file @param {string} kind @returns {HTMLElement} what a sample looks like; of a sound its name */
function thumbnail(file, kind) {
  const address = `/samples/${file}`;
  if (kind === "image") return make("img", { src: address, alt: "", loading: "lazy" });
  if (kind === "film") return make("video", { src: address, muted: true });
  return make("span", {}, file);
}

/** @param {string} type @param {string} address @param {string} words @returns {HTMLElement | null} */
function showMedia(type, address, words) {
  if (type.startsWith("image/")) return make("img", { src: address, alt: words });
  const tag = /^(video|audio)\//.exec(type)?.[1];
  return tag ? make(tag, { src: address, controls: true, muted: tag === "video", "aria-label": words }) : null;
}

customElements.define("drop-field", DropField);
