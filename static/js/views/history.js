// @ts-check
/** Keeps the address and the state the same, both ways. */

import { readFragment, writeFragment } from "../lib/link.js";
import { showExample } from "./examples.js";

/** @import { Store } from "../store.js" */
/** @import { State } from "../types.js" */

/** Changes closer together than this are one step of the history: typing is. */
const ONE_STEP_MS = 1200;

/** A browser refuses addresses of some megabytes; pasted numbers can be that long. */
const LONGEST = 500_000;

/**
 * @param {Store} store
 * @param {import("./examples.js").Example} first shown where the address tells nothing
 */
export function mountHistory(store, first) {
  let lastChange = -Infinity;
  const readAddress = () => {
    const shown = readFragment(location.hash);
    if (shown) store.set({ ...shown, pointed: null, zoom: null });
    else showExample(store, first);
  };
  store.watch(["request", "head", "cell", "compare"], (state) => {
    if (isTold(state, first)) return;
    const now = performance.now();
    const isStep = now - lastChange > ONE_STEP_MS;
    lastChange = now;
    const fragment = writeFragment(state);
    if (fragment.length > LONGEST) return;
    history[isStep ? "pushState" : "replaceState"](null, "", fragment);
  });
  addEventListener("popstate", () => {
    lastChange = -Infinity;
    readAddress();
  });
  readAddress();
}

/**
 * Whether the address says just this already.
 * @param {State} state
 * @param {import("./examples.js").Example} first
 */
function isTold(state, first) {
  const unsaid = { head: 0, cell: first.cell ?? null, compare: null };
  return (
    writeFragment(readFragment(location.hash) ?? { ...unsaid, ...first }) === writeFragment(state)
  );
}
