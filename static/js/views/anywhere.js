// @ts-check
/** Keys that work anywhere on a page, and the dialog that lists all keys. */

import { find } from "../lib/dom.js";

/**
 * @param {Record<string, () => void>} keys what each does, beside `?`
 */
export function mountAnywhere(keys) {
  const dialog = /** @type {HTMLDialogElement} */ (find("keys"));
  find("help").addEventListener("click", () => dialog.showModal());
  for (const button of document.querySelectorAll("[data-close]")) {
    button.addEventListener("click", () => button.closest("dialog")?.close());
  }
  /** @type {Record<string, () => void>} */
  const all = { "?": () => dialog.showModal(), ...keys };
  document.addEventListener("keydown", (event) => {
    const target = /** @type {HTMLElement} */ (event.target);
    const isWriting = target.matches("input:not([type=radio], [type=range]), textarea, select");
    const isElsewhere = isWriting || document.querySelector("dialog[open]");
    if (isElsewhere || event.ctrlKey || event.metaKey || event.altKey || !all[event.key]) return;
    event.preventDefault();
    all[event.key]();
  });
}
