// A drive watched live, with what the network looks at; the wheel can be taken and handed back.

import { beginSession, endSession, Mistake, moveSession } from "/api.js";
import { make } from "/dom.js";

const STEPS = 2; // of the simulator between two pictures, a fiftieth of a second each
const EVERY = (1000 * STEPS) / 50; // milliseconds of the world between two pictures
const GAS = 0.5; // of the pedal, where a person presses it: all of it makes the wheels spin
const KEYS = /** @type {Record<string, string>} */ ({ ArrowLeft: "left", ArrowRight: "right", ArrowUp: "gas", ArrowDown: "brake", a: "left", d: "right", w: "gas", s: "brake" });

/**
 * @typedef {{picture: string, score: number, speed: number, step: number, over: boolean,
 *   steer: number, gas: number, brake: number}} Seen
 */

/** @param {string} command @returns {HTMLElement | null} what is added above its form */
export function prepare(command) {
  return command === "drive" ? new LiveDrive() : null;
}

/** The road as the camera sees it, the controls, and who has the wheel. */
class LiveDrive extends HTMLElement {
  connectedCallback() {
    this.name = "";
    /** @type {Set<string>} what a person presses */
    this.pressed = new Set();
    this.image = /** @type {HTMLImageElement} */ (make("img", { alt: "the road as the camera sees it", hidden: true }));
    this.seed = /** @type {HTMLInputElement} */ (make("input", { type: "number", value: 1000, min: 0, step: 1, "aria-label": "number of the track" }));
    this.look = /** @type {HTMLInputElement} */ (make("input", { type: "checkbox" }));
    this.taken = /** @type {HTMLInputElement} */ (make("input", { type: "checkbox", onchange: () => this.image?.focus() }));
    this.words = make("p", { class: "quiet", "aria-live": "polite" });
    this.wheel = make("div", { class: "wheel", role: "img", "aria-label": "the steering wheel" });
    this.told = make("dl", {});
    this.start = make("button", { type: "button", onclick: () => this.begin() }, "Watch it drive");
    const pedals = ["left", "gas", "brake", "right"].map((what) => this.pedal(what));
    this.road = make("div", { class: "road", hidden: true }, this.image, make("div", {}, this.wheel, this.told));
    this.replaceChildren(
      make("h2", {}, "Live"),
      make("p", { class: "tools" }, make("label", {}, "Track ", this.seed), this.start),
      make("p", { class: "tools" }, make("label", {}, this.look, " What it looks at"), make("label", {}, this.taken, " I take the wheel, by arrow keys or these:")),
      make("p", { class: "tools" }, ...pedals),
      this.words,
      this.road,
    );
    this.listen = (/** @type {KeyboardEvent} */ event) => this.press(event);
    window.addEventListener("keydown", this.listen);
    window.addEventListener("keyup", this.listen);
  }

  disconnectedCallback() {
    if (this.listen) window.removeEventListener("keydown", this.listen);
    if (this.listen) window.removeEventListener("keyup", this.listen);
    this.leave();
  }

  /** A button for fingers. @param {string} what */
  pedal(what) {
    const set = (/** @type {boolean} */ on) => () => (on ? this.pressed?.add(what) : this.pressed?.delete(what));
    return make("button", { type: "button", onpointerdown: set(true), onpointerup: set(false), onpointerleave: set(false) }, what);
  }

  /** @param {KeyboardEvent} event */
  press(event) {
    const what = KEYS[event.key];
    if (!what || !this.name || !this.taken?.checked || event.target === this.seed) return;
    event.preventDefault();
    if (event.type === "keydown") this.pressed?.add(what);
    else this.pressed?.delete(what);
  }

  async begin() {
    this.leave();
    try {
      ({ name: this.name } = await beginSession("drive", { seed: Number(this.seed?.value) }));
    } catch (error) {
      this.complain(error);
      return;
    }
    this.words?.replaceChildren();
    for (const each of [this.road, this.image]) each?.removeAttribute("hidden");
    this.go(this.name, performance.now());
  }

  leave() {
    if (this.name) endSession(this.name).catch(() => {});
    this.name = "";
  }

  /** One picture after the other, at the pace of the world or as fast as they come. @param {string} name @param {number} due */
  async go(name, due) {
    while (this.name === name) {
      /** @type {Seen} */
      let seen;
      try {
        seen = await moveSession(name, { steps: STEPS, saliency: this.look?.checked, ...this.controls() });
      } catch (error) {
        if (this.name === name) this.complain(error);
        return;
      }
      this.tell(seen);
      if (seen.over) {
        this.words?.replaceChildren(`The drive is over: ${seen.score.toFixed(1)} points.`);
        this.leave();
        return;
      }
      due = Math.max(due + EVERY, performance.now());
      await new Promise((ready) => setTimeout(ready, due - performance.now()));
    }
  }

  /** What a person does; nothing where the network drives. */
  controls() {
    if (!this.taken?.checked || !this.pressed) return {};
    const steer = Number(this.pressed.has("right")) - Number(this.pressed.has("left"));
    return { steer: 0.6 * steer, gas: this.pressed.has("gas") ? GAS : 0, brake: this.pressed.has("brake") ? 0.8 : 0 };
  }

  /** @param {Seen} seen */
  tell(seen) {
    if (!this.image || !this.told || !this.wheel) return;
    this.image.src = seen.picture;
    this.wheel.style.transform = `rotate(${90 * seen.steer}deg)`;
    const bar = (/** @type {number} */ value, /** @type {string} */ name) => make("meter", { min: 0, max: 1, value, "aria-label": name });
    const rows = [
      ["score", seen.score.toFixed(1)],
      ["speed", seen.speed.toFixed(1)],
      ["steering", seen.steer.toFixed(3)],
      ["gas", bar(seen.gas, "gas")],
      ["brake", bar(seen.brake, "brake")],
      ["seconds", (seen.step / 50).toFixed(1)],
    ];
    this.told.replaceChildren(...rows.flatMap(([name, value]) => [make("dt", {}, name), make("dd", {}, value)]));
  }

  /** @param {unknown} error */
  complain(error) {
    if (!(error instanceof Mistake)) throw error;
    this.words?.replaceChildren(error.message);
  }
}

customElements.define("live-drive", LiveDrive);
