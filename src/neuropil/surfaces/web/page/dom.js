// Elements made in one line; what a person typed is only ever set as text.

/**
 * @param {string} tag
 * @param {Record<string, any>} [properties] attributes, and functions as listeners ("onclick")
 * @param {...(Node | string | null)} children
 * @returns {HTMLElement}
 */
export function make(tag, properties = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) {
    if (typeof value === "function") element.addEventListener(name.slice(2), value);
    else if (value === true) element.setAttribute(name, "");
    else if (value !== false && value != null) element.setAttribute(name, String(value));
  }
  element.append(...children.filter((child) => child !== null));
  return element;
}

/** @param {string} words a name as programs write it: character_error_rate @returns {string} */
export const humanize = (words) => words.replace(/_$/, "").replaceAll("_", " ").replaceAll("-", " ");

/** @param {number} bytes @returns {string} */
export const wordBytes = (bytes) =>
  bytes < 1e6 ? `${Math.max(1, Math.round(bytes / 1e3))} kB` : `${(bytes / 1e6).toFixed(1)} MB`;

/**
 * An element of a drawing.
 * @param {string} tag @param {Record<string, string | number>} attributes
 */
export function svg(tag, attributes) {
  const element = document.createElementNS("http://www.w3.org/2000/svg", tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, String(value));
  return /** @type {SVGElement} */ (element);
}
