// @ts-check
/** Words of long captures come a span at a time; until then its place stands for a token. Pure. */

/** @import { Capture, Token } from "./types.js" */

/** A sequence of more tokens comes without its words, as in app/pages.py. */
const MOST_WORDS = 4096;

/** @typedef {{kind: string, side: "query" | "key", span: [from: number, to: number]}} Stretch */

/**
 * Whether the words of a capture come as they are needed. Patches of an image are all shown.
 * @param {Pick<Capture, "kinds" | "image">} capture
 */
export function isLong({ kinds, image }) {
  const counts = Object.values(kinds).flatMap(({ n_queries, n_keys }) => [n_queries, n_keys]);
  return !image && Math.max(...counts) > MOST_WORDS;
}

/**
 * The capture with a place, counted from one, for each token.
 * @param {Capture} capture
 * @returns {Capture}
 */
export function withPlaces(capture) {
  /** @type {Token[]} The same for both sides, so that they are quickly seen to be alike. */
  const places = [];
  const tokens = Object.entries(capture.kinds).map(([kind, { n_queries, n_keys }]) => {
    while (places.length < Math.max(n_queries, n_keys)) places.push(placeAt(places.length));
    return [kind, { query: places.slice(0, n_queries), key: places.slice(0, n_keys) }];
  });
  return { ...capture, tokens: Object.fromEntries(tokens) };
}

/**
 * The capture with some of its words.
 * @param {Capture} capture
 * @param {Stretch} stretch
 * @param {Token[]} words of the stretch
 * @returns {Capture}
 */
export function withWords(capture, { kind, side, span }, words) {
  const sides = capture.tokens[kind];
  const known = sides[side].slice();
  words.forEach((word, index) => (known[span[0] + index] = word));
  return { ...capture, tokens: { ...capture.tokens, [kind]: { ...sides, [side]: known } } };
}

/** @param {number} index @returns {Token} */
function placeAt(index) {
  const nothing = { piece: "", joins: false, part: null, place: null, is_generated: false };
  return { text: String(index + 1), kind: "text", ...nothing, is_coming: true };
}
