// @ts-check
/** Choosing: a head, a token, a cell. Whatever is chosen stays inside what the capture has. */

import { LONGEST_LINE } from "../../explore.js";
import { shownRuns } from "../../lib/captures/heat.js";
import { tokensAt } from "../../lib/captures/regions.js";
import { within } from "../../lib/captures/selection.js";

/** @import { ExplorerState, ExplorerStore } from "../../lib/captures/types.js" */

/**
 * @param {ExplorerStore} store
 * @param {{kind?: string, layer?: number, head?: number}} place
 */
export function chooseHead(store, place) {
  const state = store.get();
  if (!state.capture) return;
  const isOther = place.kind !== undefined && place.kind !== state.kind;
  const chosen = within({ ...pick(state), ...place }, state.capture.kinds);
  store.set({
    ...chosen,
    pointed: null,
    ...(isOther ? { zoom: null, seen: null, key: null } : {}),
  });
}

/**
 * Choose a token of a sequence. Where both sequences are one, the direction stays.
 * @param {ExplorerStore} store
 * @param {"query" | "key"} side
 * @param {number} token
 */
export function chooseToken(store, side, token) {
  const state = store.get();
  const { isOne } = shownRuns(state, LONGEST_LINE);
  const isFrom = isOne ? state.direction === "from" : side === "query";
  if (isFrom) store.set({ query: token, key: null, direction: "from" });
  else store.set({ key: token, direction: "to" });
}

/**
 * Choose a cell of a picture in which each is one pair of tokens.
 * @param {ExplorerStore} store
 * @param {{row: number, column: number}} hit
 */
export function chooseCell(store, { row, column }) {
  const { region, capture, isReplay, query } = store.get();
  if (!region || !capture) return;
  const [at] = tokensAt(region.query, region.cell[0], row);
  const [key] = tokensAt(region.key, region.cell[1], column);
  if (isReplay && at > query) return; // not yet written
  store.set({ query: at, key });
}

/**
 * Turn the look around: the chosen token stays.
 * @param {ExplorerStore} store
 * @param {"from" | "to"} direction
 */
export function turn(store, direction) {
  const state = store.get();
  if (state.direction === direction) return;
  const { isOne } = shownRuns(state, LONGEST_LINE);
  if (direction === "to") {
    const key = isOne ? state.query : (state.key ?? strongest(state));
    store.set({ direction, key });
  } else store.set({ direction, ...(isOne ? { query: state.key ?? 0, key: null } : {}) });
}

/**
 * The key that the query looks at most.
 * @param {ExplorerState} state
 */
function strongest({ heat }) {
  if (!heat) return 0;
  const weights = Array.from(heat.weights, (weight) => weight || 0);
  return heat.start + weights.indexOf(Math.max(...weights));
}

/** @param {ExplorerState} state */
function pick({ kind, layer, head, query, key }) {
  return { kind, layer, head, query, key };
}
