// @ts-check
/** When the library that draws the matrix is read: after all heads, as it keeps a page busy. */

import { load } from "../../plotly.js";

/** @import { ExplorerStore } from "../../lib/captures/types.js" */

/** How long a matrix that is there waits for all heads to be drawn before it. */
const PATIENCE_MS = 250;

/**
 * Load the library of charts once all heads, which need nothing of it, are on the screen.
 * @param {ExplorerStore} store
 * @param {() => void} done
 */
export function loadAfterHeads(store, done) {
  let isLoading = false;
  const start = () => {
    if (isLoading) return;
    isLoading = true;
    requestAnimationFrame(() => setTimeout(() => load(done)));
  };
  store.watch(["capture", "grid", "region", "problem"], ({ capture, grid, region, problem }) => {
    if (grid || problem || capture?.state !== "ready") start();
    else if (region) setTimeout(start, PATIENCE_MS);
  });
}
