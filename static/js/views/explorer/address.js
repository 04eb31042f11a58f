// @ts-check
/** Keeps the address and what is chosen the same, both ways. */

import { readSelection, writeSelection } from "../../lib/captures/selection.js";

/** @import { ExplorerStore } from "../../lib/captures/types.js" */

/** A map on the move writes no address: browsers refuse too many. */
const REST_MS = 300;
/** Choices closer together than this are one step of the history: walking is. */
const ONE_STEP_MS = 1200;

/** @param {ExplorerStore} store */
export function mountAddress(store) {
  let lastChange = performance.now(); // what the page opens with is no step
  store.watch(["kind", "layer", "head", "query", "key", "direction", "isReplay"], (state) => {
    if (state.capture?.state !== "ready") return;
    const fields = writeSelection(new URLSearchParams(location.search), state);
    if (String(fields) === location.search.slice(1)) return;
    const now = performance.now();
    const isStep = now - lastChange > ONE_STEP_MS;
    lastChange = now;
    history[isStep ? "pushState" : "replaceState"](null, "", `?${fields}`);
  });
  let rest = 0;
  store.watch(["zoom"], () => {
    clearTimeout(rest);
    rest = window.setTimeout(() => {
      const state = store.get();
      if (state.capture?.state !== "ready") return;
      const fields = writeSelection(new URLSearchParams(location.search), state);
      if (String(fields) !== location.search.slice(1)) history.replaceState(null, "", `?${fields}`);
    }, REST_MS);
  });
  addEventListener("popstate", () => {
    const { capture } = store.get();
    lastChange = -Infinity;
    if (capture?.state !== "ready") return;
    store.set(readSelection(new URLSearchParams(location.search), capture));
  });
}
