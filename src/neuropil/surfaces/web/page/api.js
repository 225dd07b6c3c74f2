// What the page asks the server for.

/**
 * @typedef {{output: string, kind: string, file: string, address: string, bytes: number}} ResultFile
 * @typedef {{name: string, command: string, options: Record<string, any>, place: number,
 *   state: "waiting" | "running" | "done" | "failed" | "cancelled",
 *   title: string, done: number, total: number | null, messages: string[],
 *   error?: {code: string, message: string}, seconds?: number,
 *   files?: ResultFile[], values?: Record<string, unknown>, texts?: Record<string, string>}} Job
 * @typedef {{name: string, kind: string[], text: string}} Input
 * @typedef {Record<string, any>} Schema
 * @typedef {{command: string, app: string, summary: string, inputs: Input[],
 *   options: {properties: Record<string, Schema>, required: string[]}, outputs: Schema[]}} Verb
 */

/** A mistake that a person can mend, in the server's words; `field` is the option or input meant. */
export class Mistake extends Error {
  /** @param {string} words @param {string} field */
  constructor(words, field) {
    super(words);
    this.field = field;
  }
}

/** @param {string} address @param {RequestInit} [request] @returns {Promise<any>} */
async function ask(address, request) {
  let answer;
  try {
    answer = await fetch(address, request);
  } catch {
    throw new Mistake("The studio does not answer; is it still running in its terminal?", "");
  }
  const isJson = (answer.headers.get("content-type") ?? "").includes("json");
  const told = isJson ? await answer.json() : await answer.text();
  if (!answer.ok) throw new Mistake(isJson ? told.message : told, isJson ? told.name : "");
  return told;
}

/** @param {string} address @param {Record<string, unknown>} body @returns {Promise<any>} */
const post = (address, body) =>
  ask(address, { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify(body) });

/** @returns {Promise<Verb[]>} */
export const fetchVerbs = () => ask("/api/verbs");

/** @returns {Promise<{file: string, kind: string, app: string}[]>} */
export const fetchSamples = () => ask("/api/samples");

/** @param {Record<string, unknown>} play a network, and what is to be done with it @returns {Promise<any>} */
export const playOn = (play) => post("/api/playground", play);

/** @param {Record<string, unknown>} play with the neuron that is open @returns {Promise<{address: string}>} */
export const writeSheet = (play) => post("/api/playground/sheet", play);

/** @param {Record<string, unknown>} given what comes in @returns {Promise<import("./biology.js").Living>} */
export const followCell = (given) => post("/api/biology", given);

/** @returns {Promise<{z: number[], rate: number[]}>} */
export const fetchCurve = () => ask("/api/biology/curve");

/** @param {File} file a CSV file @returns {Promise<import("./examples.js").Table>} */
export const readTable = (file) => {
  const form = new FormData();
  form.append("table", file, file.name);
  return ask("/api/tables", { method: "POST", body: form });
};

/** @param {string} app that goes on step by step @param {Record<string, unknown>} options @returns {Promise<{name: string}>} */
export const beginSession = (app, options) => post(`/api/live/${app}`, options);

/** @param {string} name of a session @param {Record<string, unknown>} options @returns {Promise<any>} what is to be seen */
export const moveSession = (name, options) => post(`/api/sessions/${name}`, options);

/** @param {string} name of a session */
export const endSession = (name) => ask(`/api/sessions/${name}`, { method: "DELETE", keepalive: true });

/** @returns {Promise<string[]>} applications that have a view of their own */
export const fetchViews = () => ask("/api/views");

/** @param {string} command @param {FormData} form @returns {Promise<Job>} */
export const startJob = (command, form) =>
  ask(`/api/jobs/${command}`, { method: "POST", body: form });

/** @returns {Promise<Verb[]>} one for each application whose neurons can be opened */
export const fetchProbes = () => ask("/api/probes");

/** @param {string} app @param {FormData} form @returns {Promise<Job>} */
export const openNeuron = (app, form) => ask(`/api/open/${app}`, { method: "POST", body: form });

/** @returns {Promise<{name: string, bytes: number}[]>} networks of the package */
export const fetchNetworks = () => ask("/api/networks");

/** @param {FormData} form @returns {Promise<Job>} that lists it */
export const takeNetwork = (form) => ask("/api/networks", { method: "POST", body: form });

/** @param {string} name of the job that listed it @param {FormData} form @returns {Promise<Job>} */
export const openUnit = (name, form) => ask(`/api/networks/${name}/open`, { method: "POST", body: form });

/** @param {string} name @returns {Promise<Job>} */
export const fetchJob = (name) => ask(`/api/jobs/${name}`);

/** @param {string} name @returns {Promise<Job>} */
export const stopJob = (name) => ask(`/api/jobs/${name}`, { method: "DELETE" });

/**
 * Follow a job until it has ended.
 * @param {string} name @param {(job: Job) => void} tell
 * @returns {() => void} stops following; the job goes on
 */
export function followJob(name, tell) {
  const source = new EventSource(`/api/jobs/${name}/events`);
  source.onmessage = (event) => {
    const job = /** @type {Job} */ (JSON.parse(event.data));
    if (!["waiting", "running"].includes(job.state)) source.close();
    tell(job);
  };
  return () => source.close();
}
