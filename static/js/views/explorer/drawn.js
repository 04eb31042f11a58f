// @ts-check
/** The matrix as it was drawn: moved under another window, and lit where one looks. */

import { rangesOf } from "../../figures/among.js";
import { cellAt } from "../../lib/captures/regions.js";
import { isSameWindow } from "../../lib/captures/windows.js";
import { move } from "../../plotly.js";
import { coverAfter, lightUp } from "../lights.js";

/** @import { ExplorerState, Region, Window } from "../../lib/captures/types.js" */
/** @import { Picture } from "../../figures/matrix.js" */

/** @typedef {{picture: Picture, region: Region, window: Window}} Drawn */

/**
 * Show another window than the one that was drawn, by moving what was drawn.
 * @param {HTMLElement} plot
 * @param {Drawn} drawn
 * @param {Window} shown
 */
export function moveTo(plot, { picture, window }, shown) {
  if (isSameWindow(window, shown)) {
    move(plot, null);
    return;
  }
  const [{ width, height }] = picture.frame.plots;
  /** @param {"query" | "key"} side @param {number} pixels */
  const way = (side, pixels) => {
    const [[a, b], [from, to]] = [window[side], shown[side]];
    return { scale: (b - a) / (to - from), shift: ((a - from) / (to - from)) * pixels };
  };
  move(plot, { x: way("key", width), y: way("query", height) });
}

/**
 * Light the row and the cell that are chosen, and the cell that is pointed at.
 * @param {HTMLElement} place
 * @param {Drawn} drawn
 * @param {Window} window that is shown
 * @param {ExplorerState} state
 */
export function lightMap(place, { picture, region }, window, { pointed, query, key, isReplay }) {
  const { rows, columns } = rangesOf(region, window);
  const shown = {
    ...picture,
    rows: { ...picture.rows, range: rows },
    columns: { ...picture.columns, range: columns },
  };
  const row = cellAt(region.query, region.cell[0], query);
  const column = cellAt(region.key, region.cell[1], key);
  const at = pointed && { head: 0, query: pointed.row, column: pointed.column };
  // A cell outside every picture lights nothing, and a row alone its row.
  const cell =
    row === null ? null : { head: column === null ? -1 : 0, query: row, key: column ?? 0 };
  lightUp(place, shown, { pointed: at && { ...at, panel: "weights" }, cell }, "weights");
  if (isReplay && row !== null) coverAfter(place, shown, row);
}
