// @ts-check
/** The line below each matrix: what is true of it, counted and not promised. */

import { t } from "../lib/i18n.js";
import { rowSum } from "../lib/matrices.js";
import { show } from "../lib/numbers.js";

/** @import { Answer } from "../types.js" */

const LARGEST_SLIP = 1e-4;

/** @param {Answer} answer */
export function scoresBadge({ scores: { shape, data } }) {
  const size = shape[1] * shape[2];
  const counts = Array.from({ length: shape[0] }, (_, head) => gapsIn(data, head * size, size));
  const total = counts.reduce((sum, count) => sum + count, 0);
  if (total === 0) return t("every cell allowed");
  // As a rule what is forbidden is the same for every head: then one tells it.
  const isSame = counts.every((count) => count === counts[0]);
  const [masked, all] = isSame ? [counts[0], size] : [total, data.length];
  return t("{masked} of {all} cells forbidden", { masked, all });
}

/**
 * @param {Float32Array} data
 * @param {number} start
 * @param {number} size
 */
function gapsIn(data, start, size) {
  let count = 0;
  for (let index = start; index < start + size; index += 1)
    count += Number(Number.isNaN(data[index]));
  return count;
}

/** @param {Answer} answer */
export function weightsBadge(answer) {
  const { emptyRows, flags } = answer;
  const [low, high] = rangeOfSums(answer);
  const isOne = Math.max(Math.abs(low - 1), Math.abs(high - 1)) < LARGEST_SLIP;
  const parts = [
    flags.row_stochastic && isOne ? `✓ ${t("every row sums to one")}` : sums(low, high),
  ];
  if (emptyRows.length > 0) {
    parts.push(t("rows with every key forbidden: {count}", { count: emptyRows.length }));
  }
  return parts.filter(Boolean).join(" · ");
}

/** @param {Answer} answer */
export function outputsBadge({ outputs, emptyRows }) {
  const parts = [t("features of a head: {count}", { count: outputs.shape[2] })];
  if (emptyRows.length > 0) parts.push(t("hatched rows take nothing: zero"));
  return parts.join(" · ");
}

/**
 * What rows sum to, where they need not sum to one.
 * @param {number} low
 * @param {number} high
 */
function sums(low, high) {
  if (low > high) return ""; // every row is empty
  const [least, most] = [show(low, 3), show(high, 3)];
  if (least === most) return t("every row sums to {sum}", { sum: least });
  return t("rows sum to {low} … {high}", { low: least, high: most });
}

/**
 * The smallest and the largest sum of the rows that are not empty.
 * @param {Answer} answer
 */
function rangeOfSums({ weights, emptyRows }) {
  const [heads, queries] = weights.shape;
  const empty = new Set(emptyRows.map(({ head, query }) => head * queries + query));
  let low = Infinity;
  let high = -Infinity;
  for (let row = 0; row < heads * queries; row += 1) {
    if (empty.has(row)) continue;
    const sum = rowSum(weights, Math.floor(row / queries), row % queries);
    low = Math.min(low, sum);
    high = Math.max(high, sum);
  }
  return [low, high];
}
