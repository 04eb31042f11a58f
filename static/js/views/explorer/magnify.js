// @ts-check
/** Zooming the matrix: the server draws the part anew. */

import { tokensAt } from "../../lib/captures/regions.js";
import { rangesIn } from "../zoom.js";

/** @import { ExplorerStore } from "../../lib/captures/types.js" */

/**
 * A drag zooms: the server draws that part anew, cell by cell where there is room.
 * @param {ExplorerStore} store
 * @param {Record<string, any>} changes
 */
export function zoomMap(store, changes) {
  const { region } = store.get();
  if (changes.isReset) store.set({ zoom: null });
  const { x, y } = rangesIn(changes);
  if (!region || (!x && !y)) return;
  /** @param {[number, number] | null} range @param {"query" | "key"} side @param {number} axis @returns {[number, number]} */
  const tokens = (range, side, axis) => {
    if (!range) return region[side];
    const [first, last] = [Math.max(0, range[0] + 0.5), range[1] - 0.5];
    const cell = region.cell[axis];
    return [tokensAt(region[side], cell, first)[0], tokensAt(region[side], cell, last)[1]];
  };
  store.set({ zoom: { query: tokens(y, "query", 0), key: tokens(x, "key", 1) } });
}
