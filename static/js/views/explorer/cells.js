// @ts-check
/** Walking the cells of the matrix with the arrow keys. */

import { cellAt } from "../../lib/captures/regions.js";
import { chooseCell } from "./choose.js";

/** @import { ExplorerStore } from "../../lib/captures/types.js" */

/**
 * @param {ExplorerStore} store
 * @param {KeyboardEvent} event
 */
export function walkCells(store, event) {
  const { region, pointed, query, key } = store.get();
  if (!region || event.ctrlKey || event.metaKey || event.altKey) return;
  const [, rows, columns] = region.weights.shape;
  const start = {
    row: cellAt(region.query, region.cell[0], query) ?? 0,
    column: cellAt(region.key, region.cell[1], key) ?? 0,
  };
  const here = pointed ?? start;
  /** @type {Record<string, {row?: number, column?: number}>} */
  const steps = {
    ArrowLeft: { column: here.column - 1 },
    ArrowRight: { column: here.column + 1 },
    ArrowUp: { row: here.row - 1 },
    ArrowDown: { row: here.row + 1 },
    Home: { column: 0 },
    End: { column: columns - 1 },
  };
  if (event.key === "Enter" || event.key === " ") chooseCell(store, here);
  else if (event.key === "Escape") store.set({ key: null, direction: "from", pointed: null });
  else if (steps[event.key]) {
    const next = pointed ? { ...here, ...steps[event.key] } : here;
    const row = Math.min(Math.max(next.row, 0), rows - 1);
    store.set({ pointed: { row, column: Math.min(Math.max(next.column, 0), columns - 1) } });
  } else return;
  event.preventDefault();
}
