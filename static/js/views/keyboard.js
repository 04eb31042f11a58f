// @ts-check
/** Keys that work anywhere, and the dialog that lists all keys. */

import { find } from "../lib/dom.js";
import { chooseHead } from "./heads.js";

/** @import { Store } from "../store.js" */

/**
 * @param {Store} store
 */
export function mountKeyboard(store) {
  const dialog = /** @type {HTMLDialogElement} */ (find("keys"));
  find("help").addEventListener("click", () => dialog.showModal());
  for (const button of document.querySelectorAll("[data-close]")) {
    button.addEventListener("click", () => button.closest("dialog")?.close());
  }
  /** @type {Record<string, () => void>} */
  const keys = {
    "?": () => dialog.showModal(),
    "/": () => firstWriting()?.focus(),
    "[": () => chooseHead(store, headOf(store) - 1),
    "]": () => chooseHead(store, headOf(store) + 1),
    0: () => store.set({ zoom: null }),
  };
  document.addEventListener("keydown", (event) => {
    const target = /** @type {HTMLElement} */ (event.target);
    const isWriting = target.matches("input:not([type=radio]), textarea, select");
    const isElsewhere = isWriting || document.querySelector("dialog[open]");
    if (isElsewhere || event.ctrlKey || event.metaKey || event.altKey || !keys[event.key]) return;
    event.preventDefault();
    keys[event.key]();
  });
}

/** @param {Store} store */
function headOf(store) {
  const { head } = store.get();
  return head === "all" ? 0 : head;
}

/** @returns {HTMLElement | undefined} */
function firstWriting() {
  const all = /** @type {NodeListOf<HTMLElement>} */ (
    find("tokens").querySelectorAll("textarea, .chips__add")
  );
  return [...all].find((element) => element.checkVisibility());
}
