// @ts-check
/** All heads of a capture as small pictures: one byte a cell, of the largest weight of its head. */

import { bytesOf } from "../bytes.js";

/** @import { Grid } from "./types.js" */

/**
 * @param {{kind: string, matrix: {shape: number[], dtype: string, bdata: string}, scale: number[][], cell: [number, number], sampled?: {queries: number} | null}} answer
 * @returns {Grid}
 */
export function decodeGrid({ kind, matrix, scale, cell, sampled = null }) {
  const { shape, dtype, bdata } = matrix;
  if (dtype !== "u1") throw new TypeError(`a grid must be of dtype u1, got ${dtype}`);
  return { kind, shape: /** @type {any} */ (shape), bytes: bytesOf(bdata), scale, cell, sampled };
}
