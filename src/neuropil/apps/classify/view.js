// Classes recorded with the camera or from files, and what is seen told while one looks.

import { followJob, Mistake, startJob } from "/api.js";
import { make } from "/dom.js";

const EVERY = 120; // milliseconds between two pictures while one records
const SIDE = 224; // pixels of the shorter side of a recorded picture
const FEWEST = 5; // pictures of a class
const SHOWN = 4; // names that are told
const LATER = 1000; // milliseconds until it is tried again, where the server has too much to do

/**
 * @typedef {import("/api.js").Job} Job
 * @typedef {{name: string, probability: number}} Guess
 * @typedef {{name: HTMLInputElement, pictures: Blob[], words: HTMLElement}} OwnClass
 */

/**
 * @param {string} command @param {HTMLElement} form
 * @param {HTMLElement[]} fields of its inputs @returns {HTMLElement | null} what is added above it
 */
export function prepare(command, form, fields) {
  if (command === "classify-teach") return new ClassRecorder(/** @type {any} */ (fields[0]));
  return command === "classify" ? new LiveGuess("") : null;
}

/** @param {string} command @param {Job} job that has ended @returns {HTMLElement | null} what is added below it */
export function show(command, job) {
  return command === "classify-teach" ? new LiveGuess(job.name) : null;
}

/** A camera that is on while its element is on the page. */
class Camera extends HTMLElement {
  async open() {
    try {
      this.stream = await navigator.mediaDevices.getUserMedia({ video: { facingMode: "environment" } });
    } catch {
      this.complain("No camera was opened: the browser was not allowed to, or there is none.");
      return false;
    }
    this.video = /** @type {HTMLVideoElement} */ (make("video", { autoplay: true, muted: true, playsinline: true }));
    this.video.srcObject = this.stream;
    await this.video.play();
    return true;
  }

  disconnectedCallback() {
    this.stream?.getTracks().forEach((track) => track.stop());
    this.stream = undefined;
  }

  /** @param {string} words */
  complain(words) {
    this.append(make("p", { class: "mistake", role: "alert" }, words));
  }

  /** Take a picture. @returns {Promise<Blob | null>} */
  take() {
    const { videoWidth, videoHeight } = /** @type {HTMLVideoElement} */ (this.video);
    const scale = SIDE / Math.max(1, Math.min(videoWidth, videoHeight));
    const canvas = document.createElement("canvas");
    [canvas.width, canvas.height] = [Math.round(videoWidth * scale), Math.round(videoHeight * scale)];
    canvas.getContext("2d")?.drawImage(/** @type {HTMLVideoElement} */ (this.video), 0, 0, canvas.width, canvas.height);
    return new Promise((done) => canvas.toBlob(done, "image/jpeg", 0.9));
  }
}

/** Classes with a name and pictures each; they become the folder of the form. */
class ClassRecorder extends Camera {
  /** @param {{take: (files: File[]) => void}} field of the folder */
  constructor(field) {
    super();
    this.field = field;
    /** @type {OwnClass[]} */
    this.classes = [];
  }

  connectedCallback() {
    this.seen = make("div", { class: "seen-by-camera" });
    this.rows = make("div", {});
    this.replaceChildren(
      make("h3", {}, "Show it your things"),
      make("p", { class: "quiet" }, `Hold a button to record a class with the camera, or add pictures; ${FEWEST} and more of each.`),
      this.rows,
      make("button", { type: "button", onclick: () => this.addClass() }, "Another class"),
      this.seen,
    );
    this.addClass();
    this.addClass();
  }

  addClass() {
    const number = this.classes.length + 1;
    const name = /** @type {HTMLInputElement} */ (make("input", { type: "text", value: `class ${number}`, "aria-label": `name of class ${number}`, onchange: () => this.give() }));
    /** @type {OwnClass} */
    const own = { name, pictures: [], words: make("span", { class: "quiet" }, "no picture yet") };
    const record = make("button", { type: "button", onpointerdown: (/** @type {PointerEvent} */ event) => this.record(own, event), onlostpointercapture: () => this.pause() }, "Hold to record");
    const files = /** @type {HTMLInputElement} */ (make("input", { type: "file", accept: "image/*", multiple: true, "aria-label": `pictures of class ${number}`, onchange: () => this.add(own, [...(files.files ?? [])]) }));
    this.classes.push(own);
    this.rows?.append(make("p", { class: "tools" }, name, record, files, own.words));
  }

  /** @param {OwnClass} own @param {PointerEvent} event */
  async record(own, event) {
    /** @type {HTMLElement} */ (event.currentTarget).setPointerCapture(event.pointerId);
    this.isRecording = true;
    if (!this.stream && !(await this.open())) return;
    if (this.video && !this.video.isConnected) this.seen?.replaceChildren(this.video);
    while (this.isRecording) {
      const picture = await this.take();
      if (picture) this.add(own, [picture]);
      await new Promise((wait) => setTimeout(wait, EVERY));
    }
  }

  pause() {
    this.isRecording = false;
    this.give();
  }

  /** @param {OwnClass} own @param {Blob[]} pictures */
  add(own, pictures) {
    own.pictures.push(...pictures);
    own.words.textContent = own.pictures.length === 1 ? "1 picture" : `${own.pictures.length} pictures`;
    if (!this.isRecording) this.give();
  }

  /** Hand all pictures to the form, in a folder for each class. */
  give() {
    const files = this.classes.flatMap((own) =>
      own.pictures.map((picture, n) => {
        const file = new File([picture], `${n}.jpg`, { type: picture.type });
        Object.defineProperty(file, "webkitRelativePath", { value: `mine/${own.name.value.trim() || "class"}/${n}.jpg` });
        return file;
      }),
    );
    if (files.length) this.field.take(files);
  }
}

/** What the camera sees, named again and again, by the network of the package or one that was taught. */
class LiveGuess extends Camera {
  /** @param {string} taught the job that taught the network, or "" */
  constructor(taught) {
    super();
    this.taught = taught;
  }

  connectedCallback() {
    const files = /** @type {HTMLInputElement} */ (make("input", { type: "file", accept: "image/*", "aria-label": "a picture to try", onchange: () => files.files?.[0] && this.ask(files.files[0]) }));
    this.seen = make("div", { class: "seen-by-camera" });
    this.guesses = make("div", { class: "guesses", "aria-live": "polite" });
    const watch = make("button", { type: "button", onclick: () => this.watch() }, "Watch through the camera");
    const head = this.taught ? make("h2", {}, "Try what it has learned") : make("h3", {}, "Look around");
    this.replaceChildren(head, make("p", { class: "tools" }, watch, ...(this.taught ? [make("label", {}, "or a picture: ", files)] : [])), this.seen, this.guesses);
  }

  async watch() {
    if (!this.stream && !(await this.open())) return;
    if (this.video) this.seen?.replaceChildren(this.video);
    while (this.isConnected && this.stream) {
      const picture = await this.take();
      if (picture) await this.ask(picture);
    }
  }

  /** @param {Blob} picture */
  async ask(picture) {
    const form = new FormData();
    form.append("photo", picture, "seen.jpg");
    form.append("options", JSON.stringify(this.taught ? {} : { top: SHOWN }));
    if (this.taught) form.append("network", this.taught);
    let started;
    try {
      started = await startJob("classify", form);
    } catch (error) {
      if (!(error instanceof Mistake)) throw error;
      this.guesses?.replaceChildren(make("p", { class: "mistake" }, error.message));
      await new Promise((wait) => setTimeout(wait, LATER));
      return;
    }
    const job = await new Promise((done) => followJob(started.name, (each) => !["waiting", "running"].includes(each.state) && done(each)));
    const guesses = /** @type {Guess[]} */ (job.values?.guesses ?? []);
    this.guesses?.replaceChildren(...(job.error ? [make("p", { class: "mistake" }, job.error.message)] : guesses.slice(0, SHOWN).map(bar)));
  }
}

/** @param {Guess} guess */
function bar({ name, probability }) {
  const percent = `${Math.round(100 * probability)} %`;
  return make("p", {}, make("span", {}, name), make("meter", { min: 0, max: 1, value: probability, "aria-label": name }), make("span", {}, percent));
}

customElements.define("class-recorder", ClassRecorder);
customElements.define("live-guess", LiveGuess);
