// @ts-check
/** How much a picture asks for: every digit while it is small, a byte a cell when it is not. */

import { tokensIn } from "./windows.js";

/** @import { Asked, Place, Window } from "./types.js" */

/** Cells of a picture's side; more could not be told apart. */
const LARGEST_PICTURE = 512;
/** A picture up to this comes with every digit and its scores; a larger one a byte a cell. */
const SMALL_PICTURE = 128;
/**
 * @typedef {object} Look
 * @property {boolean} hasScores
 * @property {number} [pixels] of the screen, a side of the picture
 */

/**
 * What a picture needs.
 * @param {Place} of
 * @param {Window} window
 * @param {Look} look
 * @returns {Asked}
 */
export function pictureOf(of, window, { hasScores, pixels = LARGEST_PICTURE }) {
  const whole = tokensIn(window);
  const longest = Math.max(...[whole.query, whole.key].map(([from, to]) => to - from));
  if (longest <= SMALL_PICTURE) {
    const scores = hasScores ? { largest: SMALL_PICTURE } : null;
    return { of, window: whole, weights: { largest: SMALL_PICTURE, dtype: "f4" }, scores };
  }
  return { of, window: whole, weights: { largest: sideFor(pixels), dtype: "u1" }, scores: null };
}

/**
 * Cells of a side: a power of two, for then larger cells hold smaller ones whole, and about as many
 * as there are pixels.
 * @param {number} pixels
 */
function sideFor(pixels) {
  const side = 2 ** Math.round(Math.log2(Math.max(pixels, 1)));
  return Math.min(Math.max(side, SMALL_PICTURE), LARGEST_PICTURE);
}
