// @ts-check
/** Places on a picture, as shares of its width and height. Pure. */

/** @typedef {{across: number, down: number}} Place 0 to 1 inside the picture */

/** @param {Place} place */
export function isInside({ across, down }) {
  return across >= 0 && across < 1 && down >= 0 && down < 1;
}

/**
 * The nearest place inside.
 * @param {Place} place
 * @returns {Place}
 */
export function within({ across, down }) {
  const kept = (/** @type {number} */ share) => Math.min(Math.max(share, 0), 1);
  return { across: kept(across), down: kept(down) };
}
