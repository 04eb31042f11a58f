// @ts-check
/** Lines of weights: what one query looks at, or who looks at one key. Pure. */

import { cellAt } from "./regions.js";

/** @import { Heat, Place, Region } from "./types.js" */

/**
 * The weights of one query or one key, out of a region that holds them to the last digit.
 * @param {Region} region
 * @param {"from" | "to"} direction
 * @param {number} token
 * @returns {Float32Array | null} null where it does not
 */
export function lineOf({ weights, query, key, isExact, isRounded }, direction, token) {
  const [, rows, columns] = weights.shape;
  const at = cellAt(direction === "from" ? query : key, 1, token);
  if (!isExact || isRounded || at === null) return null;
  if (direction === "from") return weights.data.slice(at * columns, (at + 1) * columns);
  return Float32Array.from({ length: rows }, (_, row) => weights.data[row * columns + at]);
}

/**
 * The name of what heat is of, to tell whether it is still wanted.
 * @param {Place} place
 * @param {"from" | "to"} direction
 * @param {number} token
 */
export function nameOf({ kind, layer, head }, direction, token) {
  return [kind, layer, head, direction, token].join("/");
}

/**
 * How a line of weights is spread.
 * @param {Heat["weights"]} weights NaN where masked
 */
export function spreadOf(weights) {
  let [bits, sum, isSigned] = [0, 0, false];
  for (const weight of weights) {
    if (!weight) continue; // zero, or masked
    sum += weight;
    if (weight < 0) isSigned = true;
    else bits -= weight * Math.log2(weight);
  }
  return { sum, entropy: isSigned ? null : bits };
}

/**
 * The tokens with the largest weights, the largest first.
 * @param {Heat["weights"]} weights
 * @param {number} count
 * @returns {{index: number, weight: number}[]}
 */
export function topOf(weights, count) {
  return Array.from(weights, (weight, index) => ({ index, weight }))
    .filter(({ weight }) => weight)
    .sort((one, other) => Math.abs(other.weight) - Math.abs(one.weight))
    .slice(0, count);
}
