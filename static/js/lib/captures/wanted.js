// @ts-check
/** Which words of a long capture are looked at, and not there yet. Pure. */

import { heatRun, shownRuns } from "./heat.js";

/** @import { ExplorerState } from "./types.js" */
/** @import { Stretch } from "./words.js" */

/** Words come in whole spans of this length. */
const SPAN = 256;
/** Most words that come at once. */
const MOST_AT_ONCE = 4096;
/** In a longer window a cell is several tokens, and no axis has room for words. */
const LONGEST_WINDOW = 1024;

/**
 * What is looked at and has no words yet, in whole spans.
 * @param {ExplorerState} state
 * @param {number} longestLine tokens of a line that are shown at once
 * @returns {Stretch[]}
 */
export function missingWords(state, longestLine) {
  const { capture, kind } = state;
  const sides = capture?.tokens[kind];
  if (!sides) return [];
  const wanted = wantedRuns(state, longestLine);
  return /** @type {const} */ (["query", "key"]).flatMap((side) => {
    const all = sides[side];
    const starts = wanted[side].flatMap(([from, to]) => startsIn(from, Math.min(to, all.length)));
    const missing = [...new Set(starts)].filter((start) => all[start]?.is_coming);
    return missing
      .sort((one, other) => one - other)
      .map((start) => ({ kind, side, span: [start, Math.min(start + SPAN, all.length)] }));
  });
}

/**
 * Neighbours of one side as one, so that one request brings them.
 * @param {Stretch[]} stretches in order
 * @returns {Stretch[]}
 */
export function joined(stretches) {
  /** @type {Stretch[]} */
  const found = [];
  for (const { kind, side, span } of stretches) {
    const last = found.at(-1);
    const follows = last?.side === side && last.span[1] === span[0];
    if (follows && span[1] - last.span[0] <= MOST_AT_ONCE) last.span = [last.span[0], span[1]];
    else found.push({ kind, side, span });
  }
  return found;
}

/**
 * The tokens that some view names: those of the strips, of the heat, of a small window's axes, and
 * the chosen ones.
 * @param {ExplorerState} state
 * @param {number} longestLine
 * @returns {Record<"query" | "key", [number, number][]>}
 */
function wantedRuns(state, longestLine) {
  const { query, key, direction, seen } = state;
  const runs = shownRuns(state, longestLine);
  const heat = heatRun(state, longestLine);
  /** @param {"query" | "key"} side @returns {[number, number][]} */
  const window = (side) => {
    const range = seen?.[side];
    return range && range[1] - range[0] <= LONGEST_WINDOW
      ? [[Math.max(Math.floor(range[0]), 0), Math.ceil(range[1])]]
      : [];
  };
  return {
    query: [
      [query, query + 1],
      ...(runs.isOne ? [] : [runs.query]),
      ...(direction === "to" ? [heat] : []),
      ...window("query"),
    ],
    key: [runs.key, ...(key === null ? [] : [oneAt(key)]), ...window("key")],
  };
}

/** @param {number} at @returns {[number, number]} */
function oneAt(at) {
  return [at, at + 1];
}

/** @param {number} from @param {number} to */
function startsIn(from, to) {
  const first = Math.floor(from / SPAN);
  const count = Math.max(Math.ceil(to / SPAN) - first, 0);
  return Array.from({ length: count }, (_, index) => (first + index) * SPAN);
}
