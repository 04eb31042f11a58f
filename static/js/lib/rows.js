// @ts-check
/** A row of scores and weights as lines of numbers; of a long one only the largest. Pure. */

/** @import { Explained } from "../types.js" */

/** @typedef {Pick<Explained, "row_scores" | "row_weights" | "row_maximum" | "temperature" | "key">} Row */

/** A longer row is not read whole. */
export const LONGEST_ROW = 1024;
/** Lines of a long one. */
const MOST = 64;

/**
 * The lines of a row in the order of its keys, and what the keys without a line sum to.
 * @param {Row} row
 */
export function readRow({ row_scores: scores, row_weights: weights, row_maximum: top, ...row }) {
  const { shown, others } = shownKeys(weights, row.key);
  /** @param {number} key */
  const lineAt = (key) => {
    const score = scores[key];
    const isMasked = score === null || top === null;
    const exponential = isMasked ? 0 : Math.exp((score - top) / row.temperature);
    return { key, score, exponential, weight: weights[key] || 0 };
  };
  const lines = shown.map(lineAt);
  const rest = sumOf(others.map(lineAt));
  return { lines, rest: { count: others.length, ...rest }, sum: sumOf([...lines, rest]) };
}

/** @param {{exponential: number, weight: number}[]} lines */
function sumOf(lines) {
  let [exponential, weight] = [0, 0];
  for (const line of lines) {
    exponential += line.exponential;
    weight += line.weight;
  }
  return { exponential, weight };
}

/**
 * All keys of a row; of a long one those with the largest weights, and the chosen one; in order.
 * @param {number[]} weights
 * @param {number} chosen
 * @returns {{shown: number[], others: number[]}}
 */
export function shownKeys(weights, chosen) {
  const keys = [...weights.keys()];
  if (weights.length <= LONGEST_ROW) return { shown: keys, others: [] };
  const size = (/** @type {number} */ key) => Math.abs(weights[key] || 0);
  const bySize = [...keys].sort((one, other) => size(other) - size(one) || one - other);
  const own = new Set([...bySize.slice(0, MOST), chosen]);
  return { shown: keys.filter((key) => own.has(key)), others: keys.filter((key) => !own.has(key)) };
}
