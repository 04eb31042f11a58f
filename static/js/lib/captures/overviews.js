// @ts-check
/** The whole picture of a large head: how the server tells of it, and what follows. Pure. */

/** @import { Overview } from "./types.js" */

/** What takes no longer starts by itself. */
const SHORT_S = 20;

/**
 * @param {any} answer of the API
 * @returns {Overview}
 */
export function readOverview({ kind, layer, head, state, needed, progress, estimate, problem }) {
  const of = { kind, layer, head };
  return { of, state, needed, ...progress, estimate, problem, isLost: false };
}

/** @param {Pick<Overview, "state">} overview */
export function isUnderWay({ state }) {
  return state === "waiting" || state === "running";
}

/**
 * Whether nobody need be asked before it is computed.
 * @param {Pick<Overview, "state" | "needed" | "estimate">} overview
 */
export function startsItself({ state, needed, estimate }) {
  if (state !== "none" || !needed || !estimate?.fits) return false;
  return estimate.seconds !== null && estimate.seconds <= SHORT_S;
}
