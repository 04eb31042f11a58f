// @ts-check
/** The three pictures of an answer, planned together so that they can be compared. Pure. */

import { plotLabel } from "../lib/labels.js";
import { rangeOf, rowsOf } from "../lib/matrices.js";
import { planPanels } from "./plan.js";

/** @import { Answer, Matrix, PanelName, Zoom } from "../types.js" */
/** @import { Picture } from "./matrix.js" */
/** @import { Theme } from "../lib/theme.js" */

/** Graphemes of a token that fit beside a matrix; the rest is in the hover and in the strip. */
const AXIS_LIMIT = 20;

/**
 * @typedef {object} View
 * @property {Answer} answer
 * @property {number[]} heads those that are shown
 * @property {Zoom | null} zoom
 * @property {number} width of a panel, in pixels
 * @property {number} tallest
 * @property {Theme} theme
 * @property {boolean} isSigned whether the weights may be negative
 * @property {(label: string) => number} measure width of a label, in pixels
 * @property {(head: number) => string} nameHead
 */

/**
 * @param {View} view
 * @returns {Record<PanelName, Picture>}
 */
export function picturesOf(view) {
  const { answer, zoom, heads, theme } = view;
  const queries = answer.tokens.query.map((token) => plotLabel(token, AXIS_LIMIT));
  const keys = answer.tokens.key.map((token) => plotLabel(token, AXIS_LIMIT));
  const dims = Array.from({ length: answer.outputs.shape[2] }, (_, dim) => String(dim));
  const plan = planPanels({
    width: view.width,
    tallest: view.tallest,
    queries: lengthOf(zoom?.query, queries),
    keys: lengthOf(zoom?.key, keys),
    heads: heads.length,
    queryLabel: widest(answer.tokens.query, view),
    keyLabel: widest(answer.tokens.key, view),
  });
  const rows = { labels: queries, range: zoom?.query ?? null };
  const toKeys = { labels: keys, range: zoom?.key ?? null };
  const toDims = { labels: dims, range: zoom?.dim ?? null };
  const titles = heads.map(view.nameHead);
  /** @param {Matrix} matrix */
  const content = (matrix) => ({
    heads: heads.map((head) => rowsOf(matrix, head)),
    range: rangeOf(matrix),
  });
  const hasGaps = answer.weights.data.some(Number.isNaN);
  const shared = { shown: heads, titles, rows, theme };
  const square = { ...shared, frame: plan.square, columns: toKeys, hasGaps };
  return {
    scores: { ...square, ...content(answer.scores), isSigned: true },
    weights: { ...square, ...weightsContent(content(answer.weights), view.isSigned) },
    outputs: {
      ...shared,
      ...content(answer.outputs),
      frame: plan.outputs,
      columns: toDims,
      hasGaps: answer.emptyRows.length > 0,
      isSigned: true,
    },
  };
}

/**
 * Weights that cannot be negative start at zero, the colour of the paper.
 * @template {{range: [number, number]}} Content
 * @param {Content} content
 * @param {boolean} isSigned
 */
function weightsContent(content, isSigned) {
  const [low, high] = content.range;
  /** @type {[number, number]} */
  const range = isSigned ? [low, high] : [0, high];
  return { ...content, range, isSigned };
}

/**
 * @param {[number, number] | null | undefined} range
 * @param {string[]} labels
 */
function lengthOf(range, labels) {
  return range ? range[1] - range[0] : labels.length;
}

/**
 * @param {string[]} tokens
 * @param {View} view
 */
function widest(tokens, { measure }) {
  return Math.max(...[...new Set(tokens)].map((token) => measure(plotLabel(token, AXIS_LIMIT))));
}
