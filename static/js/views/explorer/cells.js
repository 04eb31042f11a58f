// @ts-check
/** Walking the cells of the matrix with the arrow keys, and moving the window with Shift. */

import { cellAt } from "../../lib/captures/regions.js";
import { chooseCell } from "./choose.js";
import { diveInto, lookOf, panBy } from "./magnify.js";

/** @import { ExplorerState, ExplorerStore, Region } from "../../lib/captures/types.js" */

/** Shares of the window. */
const PAN = 0.25;
/** @type {Record<string, {across: number, down: number}>} */
export const ARROWS = {
  ArrowLeft: { across: -1, down: 0 },
  ArrowRight: { across: 1, down: 0 },
  ArrowUp: { across: 0, down: -1 },
  ArrowDown: { across: 0, down: 1 },
};

/**
 * @param {ExplorerStore} store
 * @param {KeyboardEvent} event
 */
export function walkCells(store, event) {
  const { region, pointed, query, key } = store.get();
  if (!region || event.ctrlKey || event.metaKey || event.altKey) return;
  const seen = cellsSeen(store.get(), region);
  const start = {
    row: cellAt(region.query, region.cell[0], query) ?? seen.rows[0],
    column: cellAt(region.key, region.cell[1], key) ?? seen.columns[0],
  };
  const here = pointed ?? within(start, seen);
  const arrow = ARROWS[event.key];
  if (arrow && event.shiftKey) pan(store, arrow);
  else if (event.key === "Enter" || event.key === " ") enter(store, here);
  else if (event.key === "Escape") store.set({ key: null, direction: "from", pointed: null });
  else if (event.key === "Home") go(store, { ...here, column: seen.columns[0] }, seen);
  else if (event.key === "End") go(store, { ...here, column: seen.columns[1] }, seen);
  else if (arrow) {
    const next = { row: here.row + arrow.down, column: here.column + arrow.across };
    // At the edge of what is seen the matrix moves on under the cell.
    if (pointed && !isIn(next, seen)) pan(store, arrow);
    else go(store, pointed ? next : here, seen);
  } else return;
  event.preventDefault();
}

/** @typedef {{row: number, column: number}} Cell */
/** @typedef {{rows: [first: number, last: number], columns: [first: number, last: number]}} Seen */

/** @param {ExplorerStore} store @param {Cell} cell */
function enter(store, cell) {
  const { region } = store.get();
  store.set({ pointed: cell });
  if (region?.isExact) chooseCell(store, cell);
  else diveInto(store);
}

/** @param {ExplorerStore} store @param {Cell} cell @param {Seen} seen */
function go(store, cell, seen) {
  store.set({ pointed: within(cell, seen) });
}

/** @param {ExplorerStore} store @param {{across: number, down: number}} arrow */
function pan(store, { across, down }) {
  panBy(store, { across: across * PAN, down: down * PAN });
}

/**
 * The cells of a region whose middle is in the window.
 * @param {ExplorerState} state
 * @param {Region} region
 * @returns {Seen}
 */
function cellsSeen(state, region) {
  const window = lookOf(state)?.window ?? region;
  /** @param {"query" | "key"} side @param {0 | 1} axis @returns {[number, number]} */
  const seen = (side, axis) => {
    const cell = region.cell[axis];
    const last = region.weights.shape[axis + 1] - 1;
    /** @param {number} at */
    const kept = (at) => Math.min(Math.max(at, 0), last);
    const [from, to] = window[side].map((end) => (end - region[side][0]) / cell);
    const first = kept(Math.ceil(from - 0.5));
    return [first, Math.max(first, kept(Math.ceil(to - 0.5) - 1))];
  };
  return { rows: seen("query", 0), columns: seen("key", 1) };
}

/** @param {Cell} cell @param {Seen} seen */
function isIn({ row, column }, { rows, columns }) {
  return row >= rows[0] && row <= rows[1] && column >= columns[0] && column <= columns[1];
}

/** @param {Cell} cell @param {Seen} seen @returns {Cell} */
function within({ row, column }, { rows, columns }) {
  return {
    row: Math.min(Math.max(row, rows[0]), rows[1]),
    column: Math.min(Math.max(column, columns[0]), columns[1]),
  };
}
