// @ts-check
/** Where places, windows and regions of a matrix stand among each other. Pure. */

/** @import { Region, Window } from "../lib/captures/types.js" */
/** @import { Span } from "../lib/captures/windows.js" */
/** @import { Box } from "./plan.js" */

/**
 * A window among the cells of a region, as the ranges of its axes.
 * @param {Region} region
 * @param {Window} window
 * @returns {{rows: Span, columns: Span}}
 */
export function rangesOf({ query, key, cell }, window) {
  /** @param {Span} span @param {Span} range @param {number} side @returns {Span} */
  const among = (span, range, side) => {
    const place = placeIn(range, side);
    return [place(span[0]) - 0.5, place(span[1]) - 0.5];
  };
  return { rows: among(window.query, query, cell[0]), columns: among(window.key, key, cell[1]) };
}

/**
 * Where a place of the whole matrix stands among the cells of a region.
 * @param {Span} range
 * @param {number} side of a cell
 * @returns {(token: number) => number}
 */
export function placeIn([from], side) {
  return (token) => (token - from) / side;
}

/**
 * Where the region stands in the plot, which shows more while the next one is on its way.
 * @param {Box} plot
 * @param {{rows: Span, columns: Span}} ranges
 * @param {number[]} shape of the region
 * @returns {Box}
 */
export function knownIn({ left, top, width, height }, { rows, columns }, [, nRows, nColumns]) {
  /** @param {Span} range @param {number} count @returns {Span} as shares of the plot */
  const part = ([from, to], count) => {
    const share = (/** @type {number} */ cell) =>
      Math.min(Math.max((cell - from) / (to - from), 0), 1);
    return [share(-0.5), share(count - 0.5)];
  };
  const [[x, right], [y, bottom]] = [part(columns, nColumns), part(rows, nRows)];
  return {
    ...{ left: left + x * width, width: (right - x) * width },
    ...{ top: top + y * height, height: (bottom - y) * height },
  };
}
