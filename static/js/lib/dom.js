// @ts-check
/** Small ways to make and find elements. Text only ever enters as text. */

/**
 * Make an element.
 * @template {keyof HTMLElementTagNameMap} Tag
 * @param {Tag} tag
 * @param {Record<string, string | number | boolean | null | undefined>} [attributes]
 *   true gives a bare attribute; false, null and undefined give none; "text" is the content
 * @param {...(Node | string | null)} children
 * @returns {HTMLElementTagNameMap[Tag]}
 */
export function make(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === false || value === null || value === undefined) continue;
    if (name === "text") element.textContent = String(value);
    else element.setAttribute(name, value === true ? "" : String(value));
  }
  for (const child of children) if (child !== null) element.append(child);
  return element;
}

/** @param {string} name a file of static/icons, drawn in the colour of the text */
export function icon(name) {
  return make("span", { class: `icon icon--${name}`, "aria-hidden": "true" });
}

/**
 * The element with an id, which the template promises.
 * @template {HTMLElement} [Kind=HTMLElement]
 * @param {string} id
 * @returns {Kind}
 */
export function find(id) {
  const element = document.getElementById(id);
  if (!element) throw new Error(`the page must have an element with the id ${id}`);
  return /** @type {Kind} */ (element);
}

let made = 0;

/** An id that nothing else on the page has. */
export function freshId() {
  made += 1;
  return `made-${made}`;
}
