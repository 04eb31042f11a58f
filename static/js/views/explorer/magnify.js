// @ts-check
/** Moving the window over the matrix. Whatever is asked for stays inside the matrix. */

import { moved, windowOf, zoomOf, zoomed } from "../../lib/captures/windows.js";

/** @import { ExplorerState, ExplorerStore, Window } from "../../lib/captures/types.js" */
/** @import { Point } from "../../lib/captures/windows.js" */

/** One press of a key or a button. */
export const STEP = 2;
/** Into a cell that stands for many. */
const DIVE = 4;

/**
 * The sizes of the matrix and the part of it that is looked at; null before there is one.
 * @param {ExplorerState} state
 */
export function lookOf({ capture, kind, zoom }) {
  const sizes = capture?.kinds[kind];
  return sizes && capture.state === "ready" ? { sizes, window: windowOf(zoom, sizes) } : null;
}

/**
 * @param {ExplorerStore} store
 * @param {Window} window
 */
export function goTo(store, window) {
  const look = lookOf(store.get());
  if (look) store.set({ zoom: zoomOf(window, look.sizes) });
}

/**
 * Come nearer, or go away by a factor below 1.
 * @param {ExplorerStore} store
 * @param {number} factor
 * @param {Point} [at] what stays where it is; the pointed cell when absent, or the middle
 */
export function zoomBy(store, factor, at = pointedAt(store.get())) {
  const look = lookOf(store.get());
  if (look) goTo(store, zoomed(look.window, look.sizes, factor, at));
}

/**
 * Into a cell that stands for several weights.
 * @param {ExplorerStore} store
 * @param {Point} [at]
 */
export function diveInto(store, at) {
  zoomBy(store, DIVE, at);
}

/**
 * Move by a share of what is seen.
 * @param {ExplorerStore} store
 * @param {{across: number, down: number}} by
 */
export function panBy(store, { across, down }) {
  const look = lookOf(store.get());
  if (!look) return;
  const { query, key } = look.window;
  const by = { query: down * (query[1] - query[0]), key: across * (key[1] - key[0]) };
  goTo(store, moved(look.window, look.sizes, by));
}

/**
 * The middle of the pointed cell.
 * @param {Pick<ExplorerState, "region" | "pointed">} state
 * @returns {Point | undefined}
 */
function pointedAt({ region, pointed }) {
  if (!region || !pointed) return undefined;
  return {
    query: region.query[0] + (pointed.row + 0.5) * region.cell[0],
    key: region.key[0] + (pointed.column + 0.5) * region.cell[1],
  };
}
