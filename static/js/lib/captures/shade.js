// @ts-check
/** How far the colours of a picture reach. Pure. */

/**
 * The number that the darkest colour stands for.
 *
 * The whole matrix is coloured up to its own largest weight. A part of it keeps that range, so that
 * colours stand still while one zooms, as long as its own largest is in the upper half; below, the
 * range is halved until it is, because most weights among many tokens are a thousandth of the
 * largest. Halving, and not the exact largest: a range that followed each picture would flicker.
 * The same place always has the same colours, whichever way one came.
 * @param {number} largest of the picture, by size
 * @param {number} most of the whole matrix, by size; 0 where it is not known
 */
export function reachOf(largest, most) {
  if (!(largest > 0) || !(most > 0)) return largest;
  // What came as bytes may be larger by its last digit, and is no larger for that.
  return most * 2 ** Math.ceil(Math.log2(largest / most) - 1e-4);
}
