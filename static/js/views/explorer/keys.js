// @ts-check
/** Keys that work anywhere on the explorer, and the dialog that lists them. */

import { find } from "../../lib/dom.js";
import { chooseHead } from "./choose.js";

/** @import { ExplorerStore } from "../../lib/captures/types.js" */

/** @param {ExplorerStore} store */
export function mountKeys(store) {
  const dialog = /** @type {HTMLDialogElement} */ (find("keys"));
  find("help").addEventListener("click", () => dialog.showModal());
  for (const button of document.querySelectorAll("[data-close]")) {
    button.addEventListener("click", () => button.closest("dialog")?.close());
  }
  /** @type {Record<string, () => void>} */
  const keys = {
    "?": () => dialog.showModal(),
    "[": () => chooseHead(store, { head: store.get().head - 1 }),
    "]": () => chooseHead(store, { head: store.get().head + 1 }),
    "{": () => chooseHead(store, { layer: store.get().layer - 1 }),
    "}": () => chooseHead(store, { layer: store.get().layer + 1 }),
    0: () => store.set({ zoom: null }),
  };
  document.addEventListener("keydown", (event) => {
    const target = /** @type {HTMLElement} */ (event.target);
    const isWriting = target.matches("input:not([type=radio], [type=range]), textarea, select");
    const isElsewhere = isWriting || document.querySelector("dialog[open]");
    if (isElsewhere || event.ctrlKey || event.metaKey || event.altKey || !keys[event.key]) return;
    event.preventDefault();
    keys[event.key]();
  });
}
