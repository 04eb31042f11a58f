// @ts-check
/** A matrix as a handful of pixels. Pure. */

/** @import { Rgb } from "../lib/colour.js" */

const LARGEST = 60;

/**
 * Draw a matrix small: the largest of each block, so that a lone peak is not lost.
 * @param {ArrayLike<number>[]} rows
 * @param {(value: number) => Rgb} colour
 * @param {Rgb} forbidden
 * @returns {{width: number, height: number, pixels: Uint8ClampedArray<ArrayBuffer>}}
 */
export function thumbnail(rows, colour, forbidden) {
  const columns = rows[0]?.length ?? 0;
  const width = Math.max(1, Math.min(columns, LARGEST));
  const height = Math.max(1, Math.min(rows.length, LARGEST));
  const pixels = new Uint8ClampedArray(width * height * 4);
  for (let y = 0; y < height; y += 1) {
    const block = rows.slice(place(y, height, rows.length), place(y + 1, height, rows.length));
    for (let x = 0; x < width; x += 1) {
      const start = place(x, width, columns);
      const value = peak(block, start, Math.max(start + 1, place(x + 1, width, columns)));
      const shade = Number.isNaN(value) ? forbidden : colour(value);
      pixels.set([...shade, 255], (y * width + x) * 4);
    }
  }
  return { width, height, pixels };
}

/**
 * @param {number} index
 * @param {number} parts
 * @param {number} length
 */
function place(index, parts, length) {
  return Math.floor((index * length) / parts);
}

/**
 * @param {ArrayLike<number>[]} block
 * @param {number} start
 * @param {number} end
 */
function peak(block, start, end) {
  let best = NaN;
  for (const row of block) {
    for (let column = start; column < end; column += 1) {
      const value = row[column];
      if (!(Math.abs(value) <= Math.abs(best))) best = Number.isNaN(value) ? best : value;
    }
  }
  return best;
}
