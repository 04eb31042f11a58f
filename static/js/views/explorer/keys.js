// @ts-check
/** Keys that work anywhere on the explorer. */

import { mountAnywhere } from "../anywhere.js";
import { chooseHead } from "./choose.js";
import { STEP, zoomBy } from "./magnify.js";

/** @import { ExplorerStore } from "../../lib/captures/types.js" */

/** @param {ExplorerStore} store */
export function mountKeys(store) {
  mountAnywhere({
    "[": () => chooseHead(store, { head: store.get().head - 1 }),
    "]": () => chooseHead(store, { head: store.get().head + 1 }),
    "{": () => chooseHead(store, { layer: store.get().layer - 1 }),
    "}": () => chooseHead(store, { layer: store.get().layer + 1 }),
    "+": () => zoomBy(store, STEP),
    "=": () => zoomBy(store, STEP), // the plus of most keyboards, without Shift
    "-": () => zoomBy(store, 1 / STEP),
    0: () => store.set({ zoom: null }),
  });
}
