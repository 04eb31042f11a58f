// @ts-check
/** Generation, told step by step: which query reads when, and what it writes. Pure. */

/** @import { Capture } from "./types.js" */

/**
 * The queries from the one that writes the first token to the last. Where no query was given, rows
 * are named by what they write, and not by what they read. Null where nothing was written.
 * @param {Pick<Capture, "n_given" | "tokens">} capture
 * @param {string} kind
 * @returns {{first: number, last: number, areWritten: boolean} | null}
 */
export function stepsOf({ n_given: given, tokens }, kind) {
  const { query } = tokens[kind];
  const areWritten = given[kind] === 0;
  const first = areWritten ? 0 : given[kind] - 1;
  const last = query.length - 1;
  return first < last ? { first, last, areWritten } : null;
}
