// @ts-check
/** Keys that work anywhere on the workbench. */

import { find } from "../lib/dom.js";
import { mountAnywhere } from "./anywhere.js";
import { chooseHead } from "./heads.js";

/** @import { Store } from "../store.js" */

/**
 * @param {Store} store
 */
export function mountKeyboard(store) {
  mountAnywhere({
    "/": () => firstWriting()?.focus(),
    "[": () => chooseHead(store, headOf(store) - 1),
    "]": () => chooseHead(store, headOf(store) + 1),
    0: () => store.set({ zoom: null }),
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
