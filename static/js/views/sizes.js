// @ts-check
/** The sizes that first values of a mechanism follow: those of what is shown now. */

import { modeOf } from "../lib/request.js";

/** @import { Sizes } from "../lib/starters.js" */
/** @import { State } from "../types.js" */

/**
 * @param {State} state
 * @param {string} part whose values start
 * @returns {Sizes}
 */
export function sizesOf({ answer, request }, part) {
  const [heads = 1, queries = 1, keys = 1] = answer?.weights.shape ?? [];
  const width = heads * (answer?.outputs.shape[2] ?? 1);
  const shares = answer?.scores.shape[0] ?? 1;
  const isGiven = modeOf(request) === "numbers";
  const first = [request.query?.[0]].flat(2); // [query][dim], or [head][query][dim]
  return {
    ...{ queries, keys, heads, width, isGiven },
    features: isGiven ? first.length : width / heads,
    // A projection has a row for each feature; an embedding one for each token, and features that
    // all heads can share.
    rows: part === "projection" ? width : queries,
    columns: part === "projection" ? width : Math.ceil(queries / shares) * shares,
  };
}
