// How well classes are told apart: how often, which is taken for which, and what is seen now.

import { make } from "./dom.js";

/** @typedef {{right: Record<string, number>, confusion: number[][], shares: number[]}} Classes */

const percent = (/** @type {number} */ share) => `${(100 * share).toFixed(1)} %`;

/** Shows how right a network is, and what it makes of the example that is looked at. */
export class ClassReport extends HTMLElement {
  constructor() {
    super();
    this.shares = make("div", { class: "guesses shares" });
    this.score = make("p", { class: "score" });
    this.whose = make("summary", {});
    this.confusion = make("table", { class: "confusion" });
    this.whole = make("details", {}, this.whose, make("div", { class: "scroll", tabindex: 0 }, this.confusion));
  }

  connectedCallback() {
    this.append(this.shares, this.score, this.whole);
  }

  /** @param {Classes} classes @param {string[]} names */
  show({ right, confusion, shares }, names) {
    const isJudged = "held_out" in right;
    this.shares.replaceChildren(...shareBars(shares, names));
    this.score.textContent = `Right: ${percent(right.learned)} of those it learns${isJudged ? `, ${percent(right.held_out)} of those it has never seen` : ""}.`;
    this.whose.textContent = `What ${isJudged ? "those that it has never seen are" : "each is"}, and what it takes them for`;
    const head = make("tr", {}, ...["is", ...names].map((name) => make("th", { scope: "col" }, name)));
    const rows = confusion.map((row, i) => make("tr", {}, make("th", { scope: "row" }, names[i]), ...row.map((n, j) => cell(n, i === j))));
    this.confusion.replaceChildren(make("thead", {}, head), make("tbody", {}, ...rows));
  }
}

/** @param {number[]} shares @param {string[]} names */
function shareBars(shares, names) {
  const best = shares.indexOf(Math.max(...shares));
  return shares.map((share, n) =>
    make("p", { class: n === best ? "best" : "" }, make("span", {}, names[n]), make("meter", { min: 0, max: 1, value: share, "aria-label": names[n] }), make("span", {}, percent(share))),
  );
}

/** @param {number} n @param {boolean} isRight */
const cell = (n, isRight) => make("td", { class: n ? (isRight ? "right" : "wrong") : "" }, n ? String(n) : "");

customElements.define("class-report", ClassReport);
