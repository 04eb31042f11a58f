// @ts-check
/** The three pictures of an answer, planned together so that they can be compared. Pure. */

import { rangeOf, rowsOf, weightsRange } from "../lib/matrices.js";
import { scoreHead } from "../lib/members.js";
import { labelsOf, longestLabels, widest } from "./labels.js";
import { planPanels } from "./plan.js";

/** @import { Answer, Matrix, PanelName, Zoom } from "../types.js" */
/** @import { Picture } from "./matrix.js" */
/** @import { Theme } from "../lib/theme.js" */

/**
 * @typedef {object} View
 * @property {Answer} answer
 * @property {number[]} heads those that are shown
 * @property {number} [member] whose scores are shown, of heads made of several
 * @property {Zoom | null} zoom
 * @property {number} width of a panel, in pixels
 * @property {number} tallest
 * @property {Theme} theme
 * @property {boolean} isSigned whether the weights may be negative
 * @property {(label: string) => number} measure width of a label, in pixels
 * @property {(head: number) => string} nameHead
 * @property {{queries: string, keys: string, features: string}} axes what they are called
 */

/**
 * @param {View} view
 * @returns {Record<PanelName, Picture>}
 */
export function picturesOf(view) {
  const { answer, zoom, heads, member = 0, theme } = view;
  const longest = longestLabels(view.width);
  const queries = labelsOf(answer.tokens.query, longest.query, view.measure);
  const keys = labelsOf(answer.tokens.key, longest.key, view.measure);
  const dims = Array.from({ length: answer.outputs.shape[2] }, (_, dim) => String(dim));
  const plan = planPanels({
    width: view.width,
    tallest: view.tallest,
    queries: lengthOf(zoom?.query, queries),
    keys: lengthOf(zoom?.key, keys),
    heads: heads.length,
    queryLabel: widest(queries, view.measure),
    keyLabel: widest(keys, view.measure),
  });
  const rows = { labels: queries, range: zoom?.query ?? null };
  const toKeys = { labels: keys, range: zoom?.key ?? null };
  const toDims = { labels: dims, range: zoom?.dim ?? null };
  const titles = heads.map(view.nameHead);
  /** @param {Matrix} matrix @param {number[]} [drawn] */
  const content = (matrix, drawn = heads) => ({
    heads: drawn.map((head) => rowsOf(matrix, head)),
    range: rangeOf(matrix),
  });
  const scored = heads.map((head) => scoreHead(answer, head, member));
  const hasGaps = answer.weights.data.some(Number.isNaN);
  const shared = { shown: heads, titles, rows, theme };
  const { axes } = view;
  const square = {
    ...shared,
    axes: [axes.keys, axes.queries],
    frame: plan.square,
    columns: toKeys,
    hasGaps,
  };
  return {
    scores: { ...square, ...content(answer.scores, scored), isSigned: true },
    weights: { ...square, ...weightsContent(content(answer.weights), view.isSigned) },
    outputs: {
      ...shared,
      ...content(answer.outputs),
      axes: [axes.features, axes.queries],
      frame: plan.outputs,
      columns: toDims,
      hasGaps: answer.emptyRows.length > 0,
      isSigned: true,
    },
  };
}

/**
 * Weights that cannot be negative start at zero, the colour of the paper; the colours of those that
 * can reach as far to both sides of it, whatever the range.
 * @template {{range: [number, number]}} Content
 * @param {Content} content
 * @param {boolean} isSigned
 */
function weightsContent(content, isSigned) {
  return { ...content, range: weightsRange(content.range, isSigned), isSigned };
}

/**
 * @param {[number, number] | null | undefined} range
 * @param {string[]} labels
 */
function lengthOf(range, labels) {
  return range ? range[1] - range[0] : labels.length;
}
