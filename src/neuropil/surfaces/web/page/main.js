// The page: what is shown is in its address, #/colorize, #/colorize/JOB or #/playground?data=XOR.

import { fetchProbes, fetchVerbs, Mistake } from "./api.js";
import { make } from "./dom.js";
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

const PLAYGROUND = "playground";

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
    make("div", { class: "cards" }, ...cards, playgroundCard()),
  );
}

/** @param {import("./api.js").Verb} verb @param {string} job */
function showVerb(verb, job) {
  const siblings = verbsOf(verb.app);
  const tabs = siblings.map((each) =>
    make("a", { href: `#/${each.command}`, "aria-current": each === verb ? "page" : null }, each.command),
  );
  document.title = `${verb.command} – Neuropil`;
  main.replaceChildren(
    make("h1", {}, verb.summary),
    siblings.length > 1 ? make("nav", { class: "tabs", "aria-label": `Commands of ${verb.app}` }, ...tabs) : "",
    new VerbView(verb, probes.find((each) => each.app === verb.app), job),
  );
}

function playgroundCard() {
  const title = make("h2", {}, make("a", { href: `#/${PLAYGROUND}` }, PLAYGROUND));
  return make("article", { class: "card" }, title, make("p", {}, "Build a small network, train it, and read every number of it."));
}

/** @param {URLSearchParams} asked */
function showPlayground(asked) {
  document.title = "Playground – Neuropil";
  main.replaceChildren(new PlaygroundView(asked));
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
  if (verb) showVerb(verb, job);
  else if (command === PLAYGROUND) showPlayground(new URLSearchParams(query));
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
  nav.replaceChildren(...links, make("a", { href: `#/${PLAYGROUND}` }, PLAYGROUND));
  window.addEventListener("hashchange", () => {
    route();
    main.focus();
  });
  route();
}

begin();
