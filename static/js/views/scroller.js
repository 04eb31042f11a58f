// @ts-check
/** A table that may be larger than its place: scrolled by pointer and by keys. */

import { make } from "../lib/dom.js";

/**
 * @param {HTMLElement} table
 * @param {string} name
 */
export function scroller(table, name) {
  return make("div", { class: "scroller", tabindex: 0, role: "region", "aria-label": name }, table);
}
