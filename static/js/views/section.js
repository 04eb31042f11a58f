// @ts-check
/** A titled group of controls. */

import { make } from "../lib/dom.js";

/**
 * @param {string} title
 * @param {string} help
 * @param {HTMLElement[]} content
 */
export function section(title, help, content) {
  const label = make("span", {
    class: "field__label field__label--part",
    text: title,
    title: help,
  });
  return make("div", { class: "field" }, label, ...content);
}
