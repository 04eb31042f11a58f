// @ts-check
/** Which tokens are shown, and which of them carry heat. Pure. */

import { isOneSequence, runAround } from "./tokens.js";

/** @import { ExplorerState } from "./types.js" */

/** @typedef {Pick<ExplorerState, "capture" | "kind" | "query" | "key" | "direction" | "seen">} Chosen */
/** @typedef {[from: number, to: number]} Run */

/**
 * The run of each sequence that is shown: all of it; or what the window of the matrix shows; or, of
 * a matrix that is seen whole, the tokens around the chosen one.
 * @param {Chosen} state
 * @param {number} most
 * @returns {{query: Run, key: Run, isOne: boolean}} whether one run stands for both
 */
export function shownRuns(state, most) {
  const { capture, kind, query, key, direction, seen } = state;
  const sides = capture?.tokens[kind] ?? { query: [], key: [] };
  const isOne = isOneSequence(sides);
  const counts = { query: sides.query.length, key: sides.key.length };
  if (seen && Math.max(counts.query, counts.key) > most) {
    const rows = counts.query > most ? runIn(seen.query, query, most) : whole(counts.query);
    const columns = counts.key > most ? runIn(seen.key, key, most) : whole(counts.key);
    // Of one sequence, two runs that meet are one, as long as they fit.
    const both = /** @type {Run} */ ([
      Math.min(rows[0], columns[0]),
      Math.max(rows[1], columns[1]),
    ]);
    const meet = rows[0] < columns[1] && columns[0] < rows[1] && both[1] - both[0] <= most;
    return isOne && meet
      ? { query: both, key: both, isOne }
      : { query: rows, key: columns, isOne: false };
  }
  const around = isOne && direction === "from" ? query : (key ?? 0);
  const keys = runAround(counts.key, around, most);
  return { query: isOne ? keys : runAround(counts.query, query, most), key: keys, isOne };
}

/**
 * The run that carries heat.
 * @param {Chosen} state
 * @param {number} most
 */
export function heatRun(state, most) {
  return shownRuns(state, most)[state.direction === "from" ? "key" : "query"];
}

/**
 * As many tokens of a span as are shown: around the chosen one if it is among them.
 * @param {Run} span
 * @param {number | null} chosen
 * @param {number} most
 * @returns {Run}
 */
function runIn([from, to], chosen, most) {
  if (to - from <= most) return [from, to];
  const isIn = chosen !== null && chosen >= from && chosen < to;
  const around = isIn ? chosen : (from + to) / 2;
  const start = Math.min(Math.max(Math.round(around - most / 2), from), to - most);
  return [start, start + most];
}

/** @param {number} count @returns {Run} */
function whole(count) {
  return [0, count];
}
