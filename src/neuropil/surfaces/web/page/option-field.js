// One option of a verb as a control, made from its schema.

import { humanize, make } from "./dom.js";

const MOST_STEPS = 2000; // of a slider; wider ranges are typed
const FEW = 4; // choices that are shown side by side

/**
 * @typedef {{element: HTMLElement, read: () => unknown, files?: () => File[]}} Control
 * read gives undefined where the option stands at its default; files gives those that were chosen
 */

/** @param {string} name @param {import("./api.js").Schema} schema @returns {Control | null} */
export function makeControl(name, schema) {
  const one = schema.anyOf?.find((/** @type {any} */ each) => each.type !== "null") ?? schema;
  const kind = { ...one, default: schema.default, description: schema.description };
  if (schema["x-local"]) return null;
  if (kind["x-kind"] ?? kind.items?.["x-kind"]) return chosen(name, kind);
  if (kind.format === "path") return null;
  if (kind.type === "boolean") return checkbox(name, kind);
  if (kind.enum) return choice(name, kind);
  if (kind.type === "number" || kind.type === "integer") return numeric(name, kind);
  if (kind.type === "array") return list(name, kind);
  return (kind["x-syntax"] ?? "").includes("FILE") ? named(name, kind) : typed(name, kind);
}

/**
 * What a result is to be: a choice among its endings.
 * @param {import("./api.js").Schema} output @returns {Control | null}
 */
export function makeEndings(output) {
  if (output.role === "value" || (output.suffixes ?? []).length < 2) return null;
  const description = `the kind of file that ${humanize(output.name)} becomes`;
  const control = choice(`${output.name} as`, { default: null, nothing: "as usual", enum: output.suffixes, description });
  return { element: control.element, read: () => control.read() || undefined };
}

/** @param {string} name @param {any} kind @param {HTMLElement} control @returns {HTMLElement} */
function label(name, kind, control) {
  const words = make("span", { class: "name" }, humanize(name));
  return make("label", { class: "option" }, words, control, make("small", {}, kind.description ?? ""));
}

/** @param {string} name @param {any} kind @returns {Control} */
function checkbox(name, kind) {
  const box = /** @type {HTMLInputElement} */ (make("input", { type: "checkbox", checked: !!kind.default }));
  const words = make("span", { class: "name" }, box, ` ${humanize(name)}`);
  const element = make("label", { class: "option" }, words, make("small", {}, kind.description ?? ""));
  return { element, read: () => (box.checked === !!kind.default ? undefined : box.checked) };
}

/** @param {string} name @param {any} kind @returns {Control} */
function choice(name, kind) {
  /** @type {string[]} */
  const values = kind.default == null ? ["", ...kind.enum] : kind.enum;
  const select = /** @type {HTMLSelectElement} */ (
    make("select", {}, ...values.map((v) => make("option", { value: v, selected: v === kind.default }, v || (kind.nothing ?? "found by itself"))))
  );
  if (values.length <= FEW) select.classList.add("few");
  const read = () => (select.value === (kind.default ?? "") ? undefined : select.value);
  return { element: label(name, kind, select), read };
}

/** @param {string} name @param {any} kind @returns {Control} */
function numeric(name, kind) {
  const step = kind.type === "integer" ? 1 : 0.01;
  const isSlider = kind.default != null && (kind.maximum - kind.minimum) / step <= MOST_STEPS;
  const field = /** @type {HTMLInputElement} */ (
    make("input", {
      type: isSlider ? "range" : "number",
      min: kind.minimum,
      max: kind.maximum,
      step: isSlider ? step : kind.type === "integer" ? 1 : "any",
      value: kind.default,
      oninput: () => (shown.textContent = field.value),
    })
  );
  const shown = make("output", {}, String(kind.default ?? ""));
  const both = make("span", { class: "numeric" }, field, ...(isSlider ? [shown] : []));
  const read = () =>
    field.value === "" || Number(field.value) === kind.default ? undefined : Number(field.value);
  return { element: label(name, kind, both), read };
}

/** @param {string} name @param {any} kind @returns {Control} */
function list(name, kind) {
  const syntax = kind.items?.["x-syntax"] ?? "one a line";
  const area = /** @type {HTMLTextAreaElement} */ (make("textarea", { rows: 2, placeholder: syntax }));
  const lines = () => area.value.split("\n").map((line) => line.trim()).filter(Boolean);
  return { element: label(name, kind, area), read: () => (lines().length ? lines() : undefined) };
}

/** Files that are chosen, one or many. @param {string} name @param {any} kind @returns {Control} */
function chosen(name, kind) {
  const chooser = /** @type {HTMLInputElement} */ (make("input", { type: "file", multiple: kind.type === "array", "data-option": name }));
  return { element: label(name, kind, chooser), read: () => undefined, files: () => [...(chooser.files ?? [])] };
}

/** A name, or a file. @param {string} name @param {any} kind @returns {Control} */
function named(name, kind) {
  const { element, read } = typed(name, { ...kind, "x-syntax": kind["x-syntax"].replace("|FILE", "") });
  const chooser = /** @type {HTMLInputElement} */ (make("input", { type: "file", "data-option": name }));
  const both = make("div", {}, element, label(`${name} from a file`, { description: "in place of a name" }, chooser));
  const files = () => [...(chooser.files ?? [])];
  return { element: both, read: () => (files().length ? undefined : read()), files };
}

/** @param {string} name @param {any} kind @returns {Control} */
function typed(name, kind) {
  const isColor = /color/.test(kind.format ?? "");
  const field = /** @type {HTMLInputElement} */ (
    make("input", { type: isColor ? "color" : "text", value: kind.default ?? "", placeholder: kind["x-syntax"] ?? "" })
  );
  const read = () => (field.value === (kind.default ?? "") ? undefined : field.value);
  return { element: label(name, kind, field), read };
}
