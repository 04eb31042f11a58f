// @ts-check
/** The difference of two matrices as a picture and a figure, below the matrix that it is of. Pure. */

import { matrixFigure } from "./matrix.js";

/** @import { Box, Frame } from "./plan.js" */
/** @import { Picture } from "./matrix.js" */

/** Above a difference stands no word: its columns are those of the matrix above it. */
const EDGE = 6;
/** Nearly every number has a minus: it needs more room than a weight. */
const SIGNED_NUMBER = 46;

/**
 * @param {Picture} weights the matrix that it is of
 * @param {ArrayLike<number>[]} rows
 * @param {number} reach the largest difference of all columns, to both sides of zero
 * @returns {Picture}
 */
export function differencePicture(weights, rows, reach) {
  const hasGaps = rows.some((row) => Array.from(row).some(Number.isNaN));
  const range = /** @type {[number, number]} */ ([-reach || -1, reach || 1]);
  const frame = lifted(weights.frame);
  return { ...weights, heads: [rows], hasGaps, range, isSigned: true, frame, axes: [] };
}

/**
 * A difference as a figure.
 * @param {Picture} picture
 * @returns {{data: any[], layout: Record<string, any>}}
 */
export function differenceFigure(picture) {
  const { data, layout } = matrixFigure(picture);
  const [low, high] = picture.columns.range ?? [-0.5, picture.columns.labels.length - 0.5];
  const isRoom = picture.frame.plots[0].width / (high - low) >= SIGNED_NUMBER;
  const drawn = data.filter(({ type }) => isRoom || type !== "scatter");
  return { data: drawn, layout: { ...layout, xaxis: { ...layout.xaxis, tickvals: [] } } };
}

/**
 * @param {Frame} frame
 * @returns {Frame}
 */
function lifted(frame) {
  const by = frame.plots[0].top - EDGE;
  /** @param {Box} box */
  const up = (box) => ({ ...box, top: box.top - by });
  return { ...frame, height: frame.height - by, plots: frame.plots.map(up), bar: up(frame.bar) };
}
