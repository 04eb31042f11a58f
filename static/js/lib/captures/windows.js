// @ts-check
/** The part of a matrix that is looked at, in tokens and their fractions: zooming, moving. Pure. */

/** @import { Window } from "./types.js" */

/** @typedef {[from: number, to: number]} Span the end left out */
/** @typedef {{n_queries: number, n_keys: number}} Extent */
/** @typedef {{query: number, key: number}} Point in tokens and their fractions */

/** Fewer tokens of a side are never shown, where there are more. */
const FEWEST = 2;
/** A part of a token that nobody sees: what arithmetic leaves over. */
const SLIP = 1e-6;

/**
 * @param {Extent} sizes
 * @returns {Window}
 */
export function wholeOf({ n_queries: queries, n_keys: keys }) {
  return { query: [0, queries], key: [0, keys] };
}

/**
 * The window of a zoom, which is null for the whole.
 * @param {Window | null} zoom
 * @param {Extent} sizes
 */
export function windowOf(zoom, sizes) {
  return zoom ? bounded(zoom, sizes) : wholeOf(sizes);
}

/**
 * A window as the state keeps it: inside the matrix, and null for the whole.
 * @param {Window} window
 * @param {Extent} sizes
 * @returns {Window | null}
 */
export function zoomOf(window, sizes) {
  const kept = bounded(window, sizes);
  const isWhole = isSameWindow(kept, wholeOf(sizes));
  return isWhole ? null : kept;
}

/**
 * Come nearer by a factor, or go away by one below 1; the point stays where it is on the screen, as
 * long as the matrix is not left.
 * @param {Window} window
 * @param {Extent} sizes
 * @param {number} factor
 * @param {Point} [at] the middle when absent
 * @returns {Window}
 */
export function zoomed(window, sizes, factor, at = middleOf(window)) {
  /** @param {Span} span @param {number} point @param {number} count @returns {Span} */
  const scaled = ([from, to], point, count) => {
    const length = Math.min(Math.max((to - from) / factor, Math.min(FEWEST, count)), count);
    const start = point - ((point - from) / (to - from)) * length;
    return [start, start + length];
  };
  const query = scaled(window.query, at.query, sizes.n_queries);
  return bounded({ query, key: scaled(window.key, at.key, sizes.n_keys) }, sizes);
}

/**
 * Move by tokens; at the edge of the matrix it stops.
 * @param {Window} window
 * @param {Extent} sizes
 * @param {Point} by
 */
export function moved({ query, key }, sizes, by) {
  /** @param {Span} span @param {number} step @returns {Span} */
  const shifted = ([from, to], step) => [from + step, to + step];
  return bounded({ query: shifted(query, by.query), key: shifted(key, by.key) }, sizes);
}

/**
 * Move, so that a point comes to the middle.
 * @param {Window} window
 * @param {Extent} sizes
 * @param {Point} to
 */
export function centred(window, sizes, to) {
  const middle = middleOf(window);
  return moved(window, sizes, { query: to.query - middle.query, key: to.key - middle.key });
}

/**
 * The whole tokens that a box touches.
 * @param {Point} one corner
 * @param {Point} other the one across
 * @param {Extent} sizes
 */
export function boxed(one, other, sizes) {
  /** @param {number} a @param {number} b @returns {Span} */
  const touched = (a, b) => [Math.floor(Math.min(a, b)), Math.ceil(Math.max(a, b))];
  const box = { query: touched(one.query, other.query), key: touched(one.key, other.key) };
  return bounded(box, sizes);
}

/**
 * The whole tokens that a window shows, be it only a part of them.
 * @param {Window} window
 * @returns {Window}
 */
export function tokensIn({ query, key }) {
  /** @param {Span} span @returns {Span} */
  const grown = ([from, to]) => [Math.floor(from + SLIP), Math.ceil(to - SLIP)];
  return { query: grown(query), key: grown(key) };
}

/**
 * A window on the way from one to another. Equal shares of the way look equal: lengths grow by
 * factors.
 * @param {Window} start
 * @param {Window} end
 * @param {number} share 0 to 1
 * @returns {Window}
 */
export function between(start, end, share) {
  /** @param {Span} a @param {Span} b @returns {Span} */
  const mixed = (a, b) => {
    const [first, last] = [a[1] - a[0], b[1] - b[0]];
    const length = first * (last / first) ** share;
    // What stands still on the screen while lengths change stands still all the way.
    const place = Math.abs(last - first) < SLIP ? share : (length - first) / (last - first);
    const from = a[0] + (b[0] - a[0]) * place;
    return [from, from + length];
  };
  return { query: mixed(start.query, end.query), key: mixed(start.key, end.key) };
}

/**
 * @param {Window} one
 * @param {Window} other
 */
export function isSameWindow(one, other) {
  /** @param {Span} a @param {Span} b */
  const isSame = (a, b) => Math.abs(a[0] - b[0]) < SLIP && Math.abs(a[1] - b[1]) < SLIP;
  return isSame(one.query, other.query) && isSame(one.key, other.key);
}

/**
 * The point of a window at a share of its width and height, both 0 to 1.
 * @param {Window} window
 * @param {{across: number, down: number}} place
 * @returns {Point}
 */
export function pointAt({ query, key }, { across, down }) {
  return {
    query: query[0] + down * (query[1] - query[0]),
    key: key[0] + across * (key[1] - key[0]),
  };
}

/** @param {Window} window @returns {Point} */
function middleOf(window) {
  return pointAt(window, { across: 0.5, down: 0.5 });
}

/**
 * @param {Window} window
 * @param {Extent} sizes
 * @returns {Window}
 */
function bounded({ query, key }, { n_queries: queries, n_keys: keys }) {
  /** @param {Span} span @param {number} count @returns {Span} */
  const kept = ([from, to], count) => {
    const length = Math.min(Math.max(to - from, Math.min(FEWEST, count)), count);
    const start = Math.min(Math.max(from, 0), count - length);
    return [start, start + length];
  };
  return { query: kept(query, queries), key: kept(key, keys) };
}
