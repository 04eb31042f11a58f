// @ts-check
/** Matrices as they come from the API: one typed array over three axes, masked cells NaN. */

import { bytesOf } from "./bytes.js";

/** @import { Matrix } from "../types.js" */

/**
 * Read a matrix of the API's base64 encoding.
 * @param {{shape: number[], dtype: string, bdata: string}} encoded
 * @returns {Matrix}
 */
export function decodeMatrix({ shape, dtype, bdata }) {
  if (dtype !== "f4") throw new TypeError(`a matrix must be of dtype f4, got ${dtype}`);
  return { shape, data: new Float32Array(bytesOf(bdata).buffer) };
}

/**
 * The rows of one head, as views without a copy.
 * @param {Matrix} matrix
 * @param {number} head
 */
export function rowsOf({ shape: [, rows, columns], data }, head) {
  return Array.from({ length: rows }, (_, row) => {
    const start = (head * rows + row) * columns;
    return data.subarray(start, start + columns);
  });
}

/**
 * One number.
 * @param {Matrix} matrix
 * @param {number} head
 * @param {number} row
 * @param {number} column
 */
export function valueAt({ shape: [, rows, columns], data }, head, row, column) {
  return data[(head * rows + row) * columns + column];
}

/**
 * The smallest and largest finite number.
 * @param {Matrix} matrix
 * @returns {[low: number, high: number]} both zero when there is none
 */
export function rangeOf({ data }) {
  const range = ranges.get(data) ?? findRange(data);
  ranges.set(data, range);
  return range;
}

/** @type {WeakMap<Float32Array, [number, number]>} Asked for with every move of the pointer. */
const ranges = new WeakMap();

/**
 * @param {Float32Array} data
 * @returns {[number, number]}
 */
function findRange(data) {
  let low = Infinity;
  let high = -Infinity;
  for (const value of data) {
    if (value < low && value !== -Infinity) low = value;
    if (value > high && value !== Infinity) high = value;
  }
  return low > high ? [0, 0] : [low, high];
}

/**
 * The range of weights that a colour bar shows: from zero, or its real one where some are negative.
 * @param {[low: number, high: number]} range real
 * @param {boolean} isSigned
 * @returns {[low: number, high: number]}
 */
export function weightsRange([low, high], isSigned) {
  return isSigned ? [low, high] : [0, high];
}

/**
 * A copy with NaN wherever a cell is forbidden, so that no picture shows it as a zero.
 * @param {Matrix} matrix
 * @param {(index: number) => boolean} isForbidden by place in the typed array
 * @returns {Matrix}
 */
export function withGaps({ shape, data }, isForbidden) {
  return { shape, data: data.map((value, index) => (isForbidden(index) ? NaN : value)) };
}

/**
 * The sum of one row, gaps left out.
 * @param {Matrix} matrix
 * @param {number} head
 * @param {number} row
 */
export function rowSum({ shape: [, rows, columns], data }, head, row) {
  const start = (head * rows + row) * columns;
  let sum = 0;
  for (let index = start; index < start + columns; index += 1) sum += data[index] || 0;
  return sum;
}

/**
 * The place of the largest number of a row; −1 when every key is masked.
 * @param {ArrayLike<number>} row
 */
export function largest(row) {
  let best = -1;
  for (let index = 0; index < row.length; index += 1) {
    if (!Number.isNaN(row[index]) && (best < 0 || row[index] > row[best])) best = index;
  }
  return best;
}
