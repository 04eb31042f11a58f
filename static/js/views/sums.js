// @ts-check
/** What rows of weights sum to, in words. */

import { t } from "../lib/i18n.js";
import { rowSum } from "../lib/matrices.js";
import { show } from "../lib/numbers.js";

/** @import { Answer } from "../types.js" */

const LARGEST_SLIP = 1e-4;

/**
 * What the rows that are not empty sum to.
 * @param {Answer} answer
 * @param {number[]} heads
 * @param {boolean} areOthers whether there are empty rows too
 */
export function sums(answer, heads, areOthers) {
  const [low, high] = rangeOfSums(answer, heads);
  if (low > high) return ""; // every row is empty
  const isOne = Math.max(Math.abs(low - 1), Math.abs(high - 1)) < LARGEST_SLIP;
  if (answer.flags.row_stochastic && isOne) {
    return `✓ ${areOthers ? t("every other row sums to one") : t("every row sums to one")}`;
  }
  const [least, most] = [show(low, 3), show(high, 3)];
  const ends = { sum: least, low: least, high: most };
  if (least === most) {
    return areOthers
      ? t("every other row sums to {sum}", ends)
      : t("every row sums to {sum}", ends);
  }
  return areOthers
    ? t("other rows sum to {low} … {high}", ends)
    : t("rows sum to {low} … {high}", ends);
}

/**
 * The smallest and the largest sum of the rows that are not empty.
 * @param {Answer} answer
 * @param {number[]} heads
 */
function rangeOfSums({ weights, emptyRows }, heads) {
  const [, queries] = weights.shape;
  const empty = new Set(emptyRows.map(({ head, query }) => head * queries + query));
  const rows = heads.flatMap((head) =>
    Array.from({ length: queries }, (_, query) => ({ head, query })),
  );
  let low = Infinity;
  let high = -Infinity;
  for (const { head, query } of rows) {
    if (empty.has(head * queries + query)) continue;
    const sum = rowSum(weights, head, query);
    low = Math.min(low, sum);
    high = Math.max(high, sum);
  }
  return [low, high];
}
