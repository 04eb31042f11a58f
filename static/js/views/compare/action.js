// @ts-check
/** The small buttons of a column, and where the focus goes when columns come and go. */

import { find, icon, make } from "../../lib/dom.js";

/** @import { Store } from "../../store.js" */
/** @import { State } from "../../types.js" */

/**
 * @param {Store} store
 * @param {string} image
 * @param {(state: State) => Partial<State>} change
 */
export function columnAction(store, image, change) {
  const attributes = { class: "button button--quiet button--icon", type: "button" };
  const button = make("button", attributes, icon(image));
  button.addEventListener("click", () => {
    store.set({ ...change(store.get()), pointed: null });
    // The button may be gone, and its column may be another: the form's column takes the focus.
    focusSelected();
  });
  return button;
}

/** Give the focus to the column that the form edits, once it is drawn. */
export function focusSelected() {
  requestAnimationFrame(() => {
    /** @type {HTMLInputElement | null} */
    const input = find("compare-columns").querySelector(".column__choice :checked");
    input?.focus();
  });
}

/**
 * @param {HTMLElement} button
 * @param {string} name
 * @param {boolean} isGone
 */
export function label(button, name, isGone) {
  button.title = name;
  button.setAttribute("aria-label", name);
  button.hidden = isGone;
}
