// @ts-check
/** One head of a capture as the picture of a matrix. Pure. */

import { labelOf } from "../lib/captures/tokens.js";
import { rangeOf, rowsOf, weightsRange } from "../lib/matrices.js";
import { labelsOf, longestLabels, widest } from "./labels.js";
import { planPanels } from "./plan.js";

/** @import { Region, Sides, Token } from "../lib/captures/types.js" */
/** @import { Theme } from "../lib/theme.js" */
/** @import { Picture } from "./matrix.js" */

/** More words than this cannot be read beside a matrix; their places can. */
const MOST_WORDS = 60;

/**
 * @typedef {object} View
 * @property {Region} region
 * @property {Sides} sides
 * @property {number} width
 * @property {number} tallest
 * @property {boolean} isSigned
 * @property {Theme} theme
 * @property {(label: string) => number} measure
 * @property {{queries: string, keys: string}} axes
 */

/**
 * @param {View} view
 * @returns {Picture}
 */
export function headPicture({ region, sides, width, tallest, isSigned, theme, measure, axes }) {
  const longest = longestLabels(width);
  const [cellRows, cellColumns] = region.cell;
  const rows = wordsOf(sides.query, region.query, cellRows);
  const columns = wordsOf(sides.key, region.key, cellColumns);
  const queries = labelsOf(rows, longest.query, measure);
  const keys = labelsOf(columns, longest.key, measure);
  const { square } = planPanels({
    ...{ width, tallest, heads: 1, queries: queries.length, keys: keys.length },
    queryLabel: widest(queries, measure),
    keyLabel: widest(keys, measure),
  });
  return {
    frame: square,
    shown: [0],
    heads: [rowsOf(region.weights, 0)],
    titles: [],
    axes: [axes.keys, axes.queries],
    rows: { labels: queries, range: null },
    columns: { labels: keys, range: null },
    range: weightsRange(rangeOf(region.weights), isSigned),
    isSigned,
    hasGaps: region.weights.data.some(Number.isNaN),
    theme,
  };
}

/**
 * What stands beside the cells: words, as long as they can be read, else places counted from 1.
 * @param {Token[]} tokens
 * @param {[from: number, to: number]} range
 * @param {number} side of a cell, in tokens
 */
function wordsOf(tokens, [from, to], side) {
  const count = Math.ceil((to - from) / side);
  const isWords = side === 1 && count <= MOST_WORDS;
  return Array.from({ length: count }, (_, cell) => {
    const token = from + cell * side;
    return isWords ? labelOf(tokens[token]) : String(token + 1);
  });
}
