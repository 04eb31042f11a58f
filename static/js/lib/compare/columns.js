// @ts-check
/** The columns of a comparison: specs for the same input, one of which the form edits. Pure. */

import { modeOf } from "../request.js";

/** @import { Comparison, Request, State } from "../../types.js" */

/** @typedef {Record<string, any>} Spec */
/** @typedef {{request: Request, compare: Comparison | null}} Compared */
/** @typedef {Pick<State, "request" | "compare">} Changes */

/** Columns side by side that an eye can still compare. */
export const MOST = 4;

/**
 * The specs of all columns. The selected one's stands in the request, where the form writes it.
 * @param {Compared} state
 * @returns {Spec[]}
 */
export function specsOf({ request, compare }) {
  if (!compare) return [request.spec ?? {}];
  return compare.specs.with(compare.selected, request.spec ?? {});
}

/**
 * What each column asks.
 * @param {Compared} state
 * @returns {Request[]}
 */
export function requestsOf(state) {
  const { request, compare } = state;
  return specsOf(state).map((spec, index) =>
    asked(index === (compare?.selected ?? 0) ? request : { ...request, spec }),
  );
}

/**
 * A request as a column sends it. Numbers of two dimensions are one head: whatever heads the spec
 * keeps for tokens, they stay there and are not asked for.
 * @param {Request} request
 * @returns {Request}
 */
export function asked(request) {
  const { heads, ...spec } = request.spec ?? {};
  const isOneHead = modeOf(request) === "numbers" && !Array.isArray(request.query?.[0]?.[0]);
  return isOneHead && heads !== undefined ? { ...request, spec } : request;
}

/**
 * @param {Compared} state
 * @param {number} index the column that the form shall edit
 */
export function withSelected(state, index) {
  return changes(state.request, specsOf(state), index);
}

/**
 * @param {Compared} state
 * @param {Spec} spec
 */
export function withAdded(state, spec) {
  const specs = [...specsOf(state), spec];
  return changes(state.request, specs, specs.length - 1);
}

/**
 * @param {Compared} state
 * @param {number} index of the column to take away; the form stays with its own where it can
 */
export function withRemoved(state, index) {
  const selected = state.compare?.selected ?? 0;
  const specs = specsOf(state).toSpliced(index, 1);
  const next = index < selected ? selected - 1 : selected;
  return changes(state.request, specs, Math.min(next, specs.length - 1));
}

/**
 * @param {Compared} state
 * @param {number} index of the column that all others shall be measured against
 */
export function withFirst(state, index) {
  const selected = state.compare?.selected ?? 0;
  const specs = specsOf(state);
  const others = specs.map((_, each) => each).filter((each) => each !== index);
  const order = [index, ...others];
  return changes(
    state.request,
    order.map((each) => specs[each]),
    order.indexOf(selected),
  );
}

/**
 * Lay the specs of a comparison that was made ready over what is chosen now.
 * @param {Request} request
 * @param {Spec[]} specs each tells only what it needs
 */
export function withLaid(request, specs) {
  const laid = specs.map((spec) => ({ ...request.spec, ...spec }));
  return changes(request, laid, 0);
}

/**
 * @param {Request} request
 * @param {Spec[]} specs
 * @param {number} selected
 * @returns {Changes}
 */
function changes(request, specs, selected) {
  return { compare: { specs, selected }, request: { ...request, spec: specs[selected] } };
}
