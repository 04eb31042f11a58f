// @ts-check
/** Lights the row under the pointer and the pinned cell, above the drawing and without redrawing it. */

import { make } from "../lib/dom.js";

/** @import { PanelName, State } from "../types.js" */
/** @import { Picture } from "../figures/matrix.js" */
/** @import { Box } from "../figures/plan.js" */

/**
 * @param {HTMLElement} place
 * @param {Picture} picture
 * @param {Pick<State, "pointed" | "cell">} state
 * @param {PanelName} name
 */
export function lightUp(place, picture, state, name) {
  const windows = picture.shown.map((head, index) => {
    const plot = picture.frame.plots[index];
    const window = at(make("div", { class: "light" }), plot);
    const cells = cellBoxes(picture, plot);
    const { pointed, cell } = state;
    if (cell) window.append(lit("row light__row--pinned", cells(cell.query, null)));
    if (pointed) window.append(lit("row light__row--pointed", cells(pointed.query, null)));
    if (cell?.head === head && name !== "outputs") {
      window.append(lit("cell", cells(cell.query, cell.key)));
    }
    // Last, for the values stand beside it.
    if (pointed?.head === head && hasColumn(pointed.panel, name)) {
      window.append(lit("cell light__cell--pointed", cells(pointed.query, pointed.column)));
    }
    return window;
  });
  place.replaceChildren(...windows);
}

/**
 * Cover the rows after one, which are not there yet.
 * @param {HTMLElement} place with its lights
 * @param {Picture} picture of one head
 * @param {number} row
 */
export function coverAfter(place, picture, row) {
  const [plot] = picture.frame.plots;
  const { top, height } = cellBoxes(picture, plot)(row, null);
  const after = { left: 0, top: top + height, width: plot.width, height: plot.height };
  place.firstElementChild?.append(lit("cover", after));
  const below = plot.top + top + height;
  const names = {
    left: 0,
    top: below,
    width: plot.left - 1,
    height: plot.top + plot.height - below,
  };
  place.append(lit("cover", names));
}

/**
 * Where a cell stands inside its plot; a whole row when the column is null.
 * @param {Picture} picture
 * @param {Box} plot
 * @returns {(row: number, column: number | null) => Box}
 */
export function cellBoxes({ rows, columns }, plot) {
  const [top, bottom] = rows.range ?? [-0.5, rows.labels.length - 0.5];
  const [left, right] = columns.range ?? [-0.5, columns.labels.length - 0.5];
  const height = plot.height / (bottom - top);
  const width = plot.width / (right - left);
  return (row, column) => ({
    top: (row - 0.5 - top) * height,
    height,
    left: column === null ? 0 : (column - 0.5 - left) * width,
    width: column === null ? plot.width : width,
  });
}

/**
 * A key stands in the same column of scores and weights; a feature only in the outputs.
 * @param {PanelName} pointed
 * @param {PanelName} name
 */
function hasColumn(pointed, name) {
  return (pointed === "outputs") === (name === "outputs");
}

/**
 * @param {string} what
 * @param {Box} box
 */
function lit(what, box) {
  return at(make("div", { class: `light__${what}` }), box);
}

/**
 * @param {HTMLElement} element
 * @param {Box} box
 */
function at(element, { left, top, width, height }) {
  for (const [name, value] of Object.entries({ x: left, y: top, w: width, h: height })) {
    element.style.setProperty(`--${name}`, `${value}px`);
  }
  return element;
}
