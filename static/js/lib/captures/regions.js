// @ts-check
/** Rectangles of one head: what the API gives, and the rows and columns in them. */

import { bytesOf } from "../bytes.js";
import { decodeMatrix, withGaps } from "../matrices.js";

/** @import { Matrix } from "../../types.js" */
/** @import { Place, Region, Window } from "./types.js" */

/**
 * A cell of which every pair is masked is a gap in the weights: no picture shows it as a zero. The
 * scores that tell so may be coarser than the weights; they are kept where they are as fine.
 * @param {Place} of
 * @param {any} weights as the API answers
 * @param {any} scores likewise; null where only weights are known
 * @returns {Region}
 */
export function decodeRegion(of, weights, scores) {
  const { query, key, cell, exact: isExact, matrix } = weights;
  const shown = oneHead(matrix);
  const before = scores && oneHead(scores.matrix);
  const isSameSize = before !== null && String(before.shape) === String(shown.shape);
  return {
    ...{ of, query, key, cell, isExact, isRounded: matrix.dtype !== "f4" },
    weights: before ? withGaps(shown, gaps(weights, shown.shape[2], scores, before)) : shown,
    scores: isSameSize ? before : null,
  };
}

/**
 * Whether the scores of the place of a cell are all masked. Cells are aligned, and so each lies in
 * one cell of the coarser scores.
 * @param {any} fine as the API answers
 * @param {number} columns
 * @param {any} coarse likewise
 * @param {Matrix} scores of the coarse one
 * @returns {(index: number) => boolean}
 */
function gaps(fine, columns, coarse, { shape: [, , width], data }) {
  /** @param {"query" | "key"} side @param {0 | 1} axis @param {number} cell */
  const place = (side, axis, cell) => {
    const token = fine[side][0] + cell * fine.cell[axis];
    return Math.floor((token - coarse[side][0]) / coarse.cell[axis]);
  };
  return (index) => {
    const row = place("query", 0, Math.floor(index / columns));
    return Number.isNaN(data[row * width + place("key", 1, index % columns)]);
  };
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
  const bytes = bytesOf(bdata);
  return { shape, data: Float32Array.from(bytes, (byte) => offset + (byte / 255) * scale) };
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

/**
 * What the server is asked of a zoom: whole cells in the bounds of the matrix.
 * @param {Window | null} zoom
 * @param {{n_queries: number, n_keys: number}} sizes
 * @returns {Window}
 */
export function windowOf(zoom, { n_queries: queries, n_keys: keys }) {
  /** @param {[number, number] | undefined} range @param {number} count @returns {[number, number]} */
  const kept = (range, count) => {
    if (!range) return [0, count];
    const from = Math.min(Math.max(range[0], 0), count - 1);
    return [from, Math.min(Math.max(range[1], from + 1), count)];
  };
  return { query: kept(zoom?.query, queries), key: kept(zoom?.key, keys) };
}
