// @ts-check
/** What a request attends with, in the page's three ways to write it: text, tokens or numbers. */

/** @import { Request } from "../types.js" */

/** @typedef {"text" | "tokens" | "numbers"} Mode */
/** @typedef {"query" | "key"} Side */
/** @typedef {{query: string[], key: string[]}} Tokens */

const NAMES = {
  text: { query: "text", key: "context_text" },
  tokens: { query: "tokens", key: "context" },
};
const LABELS = ["query_labels", "key_labels"];
const INPUTS = ["text", "context_text", "tokens", "context", "query", "key", "value", ...LABELS];
/** Parts that stand beside the spec, not in it. Numbers leave no use for them. */
export const OUTSIDE_SPEC = ["embedding", "projection"];

const FIRST_NUMBERS = {
  query: [
    [1, 0],
    [0, 1],
  ],
  key: [
    [1, 0],
    [1, 1],
    [0, 1],
  ],
};

/**
 * @param {Request} request
 * @returns {Mode}
 */
export function modeOf(request) {
  if (request.text !== undefined) return "text";
  return request.query !== undefined || request.key !== undefined ? "numbers" : "tokens";
}

/** @param {Request} request */
export function hasContext({ context, context_text: text }) {
  return context !== undefined || text !== undefined;
}

/**
 * The name of the field that holds a side.
 * @param {Request} request
 * @param {Side} side
 * @returns {"text" | "context_text" | "tokens" | "context"}
 */
export function fieldOf(request, side) {
  const mode = modeOf(request) === "text" ? "text" : "tokens";
  return /** @type {any} */ (NAMES[mode][side]);
}

/**
 * Write the same tokens another way.
 * @param {Request} request
 * @param {Mode} mode
 * @param {Tokens} tokens as they are shown now
 * @returns {Request}
 */
export function withMode(request, mode, tokens) {
  if (mode === modeOf(request)) return request;
  if (mode === "numbers") {
    const { spec = {}, ...rest } = without(request, [...INPUTS, ...OUTSIDE_SPEC]);
    // Numbers of two dimensions are one head.
    const { heads: _, ...others } = spec;
    return { ...FIRST_NUMBERS, ...rest, spec: others };
  }
  const rest = without(request, INPUTS);
  const name = NAMES[mode];
  /** @param {string[]} side */
  const written = (side) => (mode === "text" ? side.join(" ") : side);
  const query = { [name.query]: written(tokens.query) };
  return { ...query, ...(hasContext(request) ? { [name.key]: written(tokens.key) } : {}), ...rest };
}

/**
 * Put tokens, edited one by one, in the place of a side; the other side is kept as it is shown.
 * @param {Request} request
 * @param {Side} side
 * @param {string[]} changed
 * @param {Tokens} tokens as they are shown now
 */
export function withTokens(request, side, changed, tokens) {
  const asTokens = withMode(request, "tokens", tokens);
  return { ...asTokens, [NAMES.tokens[side]]: changed };
}

/**
 * Take the keys from other tokens, or from the same again.
 * @param {Request} request
 * @param {boolean} isOther
 * @param {string[]} tokens that the keys start with
 * @returns {Request}
 */
export function withContext(request, isOther, tokens) {
  const rest = without(request, ["context", "context_text"]);
  if (!isOther) return rest;
  const name = fieldOf(request, "key");
  return { ...rest, [name]: name === "context_text" ? tokens.join(" ") : tokens };
}

/**
 * Whether a request has nothing to look at yet.
 * @param {Request} request
 */
export function isEmpty(request) {
  const { text, tokens, query, key } = request;
  const isBlankContext = request.context_text?.trim() === "" || request.context?.length === 0;
  if (text !== undefined) return text.trim() === "" || isBlankContext;
  if (tokens !== undefined) return tokens.length === 0 || isBlankContext;
  return !query?.length || !key?.length;
}

/**
 * @param {Request} request
 * @param {string[]} names
 * @returns {Request}
 */
export function without(request, names) {
  return Object.fromEntries(Object.entries(request).filter(([name]) => !names.includes(name)));
}
