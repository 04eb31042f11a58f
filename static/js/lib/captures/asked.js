// @ts-check
/** How much a picture asks for: every digit while it is small, a byte a cell when it is not. */

/** @import { Asked, Place, Window } from "./types.js" */

/** Cells of a picture's side; more could not be told apart. */
const LARGEST_PICTURE = 512;
/** A picture up to this comes with every digit and its scores; a larger one a byte a cell. */
const SMALL_PICTURE = 128;
/** Cells of the scores' side that tell a larger picture what is masked. */
const COARSE = 64;
/**
 * What a picture needs.
 * @param {Place} of
 * @param {Window} window
 * @param {boolean} hasScores
 * @returns {Asked}
 */
export function pictureOf(of, window, hasScores) {
  const longest = Math.max(...[window.query, window.key].map(([from, to]) => to - from));
  const isSmall = longest <= SMALL_PICTURE;
  const scores = hasScores ? { largest: isSmall ? SMALL_PICTURE : COARSE } : null;
  const weights = isSmall
    ? { largest: SMALL_PICTURE, dtype: /** @type {const} */ ("f4") }
    : { largest: LARGEST_PICTURE, dtype: /** @type {const} */ ("u1") };
  return { of, window, weights, scores };
}
