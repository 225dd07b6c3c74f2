// The page: what is shown is in its address, #/colorize, #/colorize/JOB or #/playground?data=XOR.

import { fetchProbes, fetchVerbs, Mistake } from "./api.js";
import { BiologyView } from "./biology.js";
import { make } from "./dom.js";
import { NetworkView } from "./network-view.js";
import { PlaygroundView } from "./playground.js";
import { VerbView } from "./verb-view.js";

const main = /** @type {HTMLElement} */ (document.getElementById("main"));
const nav = /** @type {HTMLElement} */ (document.getElementById("applications"));

/** @type {import("./api.js").Verb[]} */
let verbs = [];
/** @type {import("./api.js").Verb[]} */
let probes = [];

/** @param {string} app */
const verbsOf = (app) => verbs.filter((verb) => verb.app === app);

/**
 * What is no application: its title, a line about it, and its view.
 * @type {Record<string, {title: string, summary: string, view: (asked: URLSearchParams, path: string) => HTMLElement}>}
 */
const PLACES = {
  playground: {
    title: "Playground",
    summary: "Build a small network, train it on points, digits or a table of your own, and read every number of it.",
    view: (asked) => new PlaygroundView(asked),
  },
  network: {
    title: "Network",
    summary: "Drop in any ONNX file, and read what its neurons calculate.",
    view: (asked, path) => new NetworkView(path, asked),
  },
  biology: {
    title: "Biology",
    summary: "The living neuron beside the artificial one, on the same inputs.",
    view: (asked) => new BiologyView(asked),
  },
};

const apps = () => [...new Set(verbs.map((verb) => verb.app))];

/** @param {string} lost an address that leads nowhere, or "" */
function showHome(lost) {
  const cards = apps().map((app) => {
    const [first, ...others] = verbsOf(app);
    const further = others.map((verb) => make("a", { href: `#/${verb.command}` }, verb.command));
    return make(
      "article",
      { class: "card" },
      make("h2", {}, make("a", { href: `#/${first.command}` }, app)),
      make("p", {}, first.summary),
      further.length ? make("p", { class: "further" }, ...further) : null,
    );
  });
  document.title = "Neuropil";
  main.replaceChildren(
    make("h1", {}, "Small neural networks that do a job here, and show their work"),
    make("p", { class: "lead" }, "Everything runs on this machine; nothing leaves it."),
    lost ? make("p", { class: "mistake", role: "alert" }, `There is no ${lost} here; this is what there is:`) : "",
    make("div", { class: "cards" }, ...cards, ...Object.keys(PLACES).map(placeCard)),
  );
}

/** @param {import("./api.js").Verb} verb @param {string} job @param {URLSearchParams} asked */
function showVerb(verb, job, asked) {
  const siblings = verbsOf(verb.app);
  const tabs = siblings.map((each) =>
    make("a", { href: `#/${each.command}`, "aria-current": each === verb ? "page" : null }, each.command),
  );
  document.title = `${verb.command} – Neuropil`;
  main.replaceChildren(
    make("h1", {}, verb.summary),
    siblings.length > 1 ? make("nav", { class: "tabs", "aria-label": `Commands of ${verb.app}` }, ...tabs) : "",
    new VerbView(verb, probes.find((each) => each.app === verb.app), job, asked),
  );
}

/** @param {string} name of a place */
function placeCard(name) {
  const title = make("h2", {}, make("a", { href: `#/${name}` }, name));
  return make("article", { class: "card" }, title, make("p", {}, PLACES[name].summary));
}

/** @param {string} name of a place @param {string} path below it @param {URLSearchParams} asked */
function showPlace(name, path, asked) {
  const { title, view } = PLACES[name];
  document.title = `${title} – Neuropil`;
  main.replaceChildren(view(asked, path));
}

function route() {
  const [path, query = ""] = location.hash.replace(/^#\//, "").split("?");
  const [command, job = ""] = path.split("/");
  const verb = verbs.find((each) => each.command === command);
  for (const link of nav.querySelectorAll("a")) {
    const isHere = link.textContent === (verb?.app ?? command);
    if (isHere) link.setAttribute("aria-current", "true");
    else link.removeAttribute("aria-current");
  }
  const asked = new URLSearchParams(query);
  if (verb) showVerb(verb, job, asked);
  else if (command in PLACES) showPlace(command, job, asked);
  else showHome(command);
}

async function begin() {
  try {
    [verbs, probes] = await Promise.all([fetchVerbs(), fetchProbes()]);
  } catch (error) {
    if (!(error instanceof Mistake)) throw error;
    main.replaceChildren(make("p", { class: "mistake", role: "alert" }, error.message));
    return;
  }
  const links = apps().map((app) => make("a", { href: `#/${verbsOf(app)[0].command}` }, app));
  nav.replaceChildren(...links, ...Object.keys(PLACES).map((name) => make("a", { href: `#/${name}` }, name)));
  window.addEventListener("hashchange", () => {
    route();
    main.focus();
  });
  route();
}

begin();
