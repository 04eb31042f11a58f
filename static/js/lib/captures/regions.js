// @ts-check
/** Rectangles of one head: what the API gives, and the rows and columns in them. */

import { bytesOf } from "../bytes.js";
import { decodeMatrix, withGaps } from "../matrices.js";

/** @import { Matrix } from "../../types.js" */
/** @import { Place, Region } from "./types.js" */

/**
 * A cell of which every pair is masked is a gap in the weights: no picture shows it as a zero. Its
 * scores tell so, where they came too; else the bits that came with the weights.
 * @param {Place} of
 * @param {any} weights as the API answers
 * @param {any} scores likewise, of the same cells; null where they were not asked for
 * @returns {Region}
 */
export function decodeRegion(of, weights, scores) {
  const { query, key, cell, exact: isExact, sampled = null, matrix, masked = null } = weights;
  const told = { of, query, key, cell, isExact, isRounded: matrix.dtype !== "f4", sampled };
  const shown = oneHead(matrix);
  const before = scores && oneHead(scores.matrix);
  if (before) return { ...told, weights: gappedBy(shown, before), scores: before };
  if (masked) putGaps(shown, bytesOf(masked));
  return { ...told, weights: shown, scores: null };
}

/** @param {Matrix} weights @param {Matrix} scores */
function gappedBy(weights, scores) {
  return withGaps(weights, (index) => Number.isNaN(scores.data[index]));
}

/**
 * Make gaps in a matrix that nobody has seen yet.
 * @param {Matrix} matrix
 * @param {Uint8Array} bits one a cell; each row starts with a byte of its own
 */
function putGaps({ shape: [, rows, columns], data }, bits) {
  const stride = Math.ceil(columns / 8);
  for (let row = 0; row < rows; row += 1) {
    for (let column = 0; column < columns; column += 1) {
      const byte = bits[row * stride + (column >> 3)];
      if (byte & (128 >> (column & 7))) data[row * columns + column] = NaN;
    }
  }
}

/** @param {any} encoded @returns {Matrix} */
function oneHead(encoded) {
  const { shape, data } = encoded.dtype === "u1" ? decodeBytes(encoded) : decodeMatrix(encoded);
  return { shape: [1, ...shape], data };
}

/**
 * One byte a cell, from the offset to the offset and the scale.
 * @param {{shape: number[], bdata: string, scale: number, offset: number}} encoded
 * @returns {Matrix}
 */
function decodeBytes({ shape, bdata, scale, offset }) {
  const values = Float32Array.from({ length: 256 }, (_, byte) => offset + (byte / 255) * scale);
  const bytes = bytesOf(bdata);
  const data = new Float32Array(bytes.length);
  for (let at = 0; at < bytes.length; at += 1) data[at] = values[bytes[at]];
  return { shape, data };
}

/**
 * The cell of the region that a token falls into, and null outside.
 * @param {[from: number, to: number]} range
 * @param {number} side of a cell
 * @param {number | null} token
 */
export function cellAt([from, to], side, token) {
  return token === null || token < from || token >= to ? null : Math.floor((token - from) / side);
}

/**
 * The tokens that a cell stands for: the first, and the one after the last.
 * @param {[from: number, to: number]} range
 * @param {number} side of a cell
 * @param {number} cell
 * @returns {[from: number, to: number]}
 */
export function tokensAt([from, to], side, cell) {
  return [from + cell * side, Math.min(from + (cell + 1) * side, to)];
}
