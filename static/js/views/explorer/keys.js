// @ts-check
/** Keys that work anywhere on the explorer. */

import { mountAnywhere } from "../anywhere.js";
import { chooseHead } from "./choose.js";

/** @import { ExplorerStore } from "../../lib/captures/types.js" */

/** @param {ExplorerStore} store */
export function mountKeys(store) {
  mountAnywhere({
    "[": () => chooseHead(store, { head: store.get().head - 1 }),
    "]": () => chooseHead(store, { head: store.get().head + 1 }),
    "{": () => chooseHead(store, { layer: store.get().layer - 1 }),
    "}": () => chooseHead(store, { layer: store.get().layer + 1 }),
    0: () => store.set({ zoom: null }),
  });
}
