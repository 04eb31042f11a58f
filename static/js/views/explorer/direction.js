// @ts-check
/** Whether heat shows what the token looks at, or who looks at it. */

import { find } from "../../lib/dom.js";
import { turn } from "./choose.js";

/** @import { ExplorerStore } from "../../lib/captures/types.js" */

/** @param {ExplorerStore} store */
export function mountDirection(store) {
  const group = find("direction");
  group.addEventListener("change", (event) => {
    const { value } = /** @type {HTMLInputElement} */ (event.target);
    turn(store, value === "to" ? "to" : "from");
  });
  store.watch(["direction", "capture"], ({ direction }) => {
    for (const input of group.querySelectorAll("input")) input.checked = input.value === direction;
  });
}
