// @ts-check
/** Which tokens are shown, and which of them carry heat. Pure. */

import { isOneSequence, runAround } from "./tokens.js";

/** @import { ExplorerState } from "./types.js" */

/** @typedef {Pick<ExplorerState, "capture" | "kind" | "query" | "key" | "direction">} Chosen */

/**
 * The run of each sequence that is shown: all of it, or the tokens around the chosen one.
 * @param {Chosen} state
 * @param {number} most
 * @returns {{query: [number, number], key: [number, number], isOne: boolean}}
 */
export function shownRuns(state, most) {
  const { capture, kind, query, key, direction } = state;
  const sides = capture?.tokens[kind] ?? { query: [], key: [] };
  const isOne = isOneSequence(sides);
  const around = isOne && direction === "from" ? query : (key ?? 0);
  const keys = runAround(sides.key.length, around, most);
  return { query: isOne ? keys : runAround(sides.query.length, query, most), key: keys, isOne };
}

/**
 * The run that carries heat.
 * @param {Chosen} state
 * @param {number} most
 */
export function heatRun(state, most) {
  return shownRuns(state, most)[state.direction === "from" ? "key" : "query"];
}
