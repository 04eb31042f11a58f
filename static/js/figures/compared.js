// @ts-check
/** The pictures of a comparison: weights on one scale, and their differences on another. Pure. */

import { differenceOf, sharedRange } from "../lib/compare/measures.js";
import { rowsOf, weightsRange } from "../lib/matrices.js";
import { differencePicture } from "./difference.js";
import { labelsOf, widest } from "./labels.js";
import { planPanels } from "./plan.js";

/** @import { Answer, Zoom } from "../types.js" */
/** @import { Picture } from "./matrix.js" */
/** @import { Theme } from "../lib/theme.js" */

/**
 * @typedef {object} Board
 * @property {(Answer | null)[]} answers one a column; null where there is none to draw
 * @property {number} head
 * @property {Zoom | null} zoom
 * @property {number} width of a column's picture, in pixels
 * @property {number} tallest
 * @property {Theme} theme
 * @property {(label: string) => number} measure width of a label, in pixels
 * @property {string[]} axes what the columns and the rows are called
 */

/**
 * @typedef {object} Drawn one column
 * @property {number} asked head
 * @property {number} head that is shown: the last one where there are fewer
 * @property {ArrayLike<number>[]} rows
 * @property {Picture} weights
 * @property {Picture | null} difference none for the first column
 */

/** The part of a narrow column that labels may take, and the height that upright ones may. */
const LABELS = { share: 0.34, tallest: 96 };

/**
 * @param {Board} board
 * @returns {(Drawn | null)[]}
 */
export function comparedPictures(board) {
  const shown = board.answers.map((answer) => answer && shownHead(answer, board.head));
  const [first] = shown;
  const all = shown.flatMap((each) => (each ? [each.rows] : []));
  const real = sharedRange(all);
  const isSigned = real[0] < 0 || board.answers.some((answer) => answer?.flags.signed);
  const range = weightsRange(real, isSigned);
  const differences = shown.map((each, index) =>
    index > 0 && first && each && isSameSize(first.rows, each.rows)
      ? differenceOf(first.rows, each.rows)
      : null,
  );
  const [low, high] = sharedRange(differences.flatMap((each) => (each ? [each] : [])));
  const reach = Math.max(-low, high);
  return shown.map((each, index) => {
    if (!each) return null;
    const { answer, head, rows } = each;
    const look = lookOf(board, answer);
    const weights = { ...look, ...matrix(rows), shown: [head], range, isSigned };
    const subtracted = differences[index];
    const difference = subtracted && differencePicture(weights, subtracted, reach);
    return { asked: board.head, head, rows, weights, difference };
  });
}

/**
 * @param {Answer} answer
 * @param {number} asked
 */
function shownHead(answer, asked) {
  const head = Math.min(asked, answer.weights.shape[0] - 1);
  return { answer, head, rows: rowsOf(answer.weights, head) };
}

/**
 * @param {Board} board
 * @param {Answer} answer
 */
function lookOf({ width, tallest, zoom, measure, theme, axes }, { tokens }) {
  const queries = labelsOf(tokens.query, width * LABELS.share, measure);
  const keys = labelsOf(tokens.key, LABELS.tallest, measure);
  const { square } = planPanels({
    ...{ width, tallest, heads: 1 },
    queries: zoom?.query ? zoom.query[1] - zoom.query[0] : queries.length,
    keys: zoom?.key ? zoom.key[1] - zoom.key[0] : keys.length,
    queryLabel: widest(queries, measure),
    keyLabel: widest(keys, measure),
  });
  const rows = { labels: queries, range: zoom?.query ?? null };
  const columns = { labels: keys, range: zoom?.key ?? null };
  return { frame: square, rows, columns, titles: [], axes, theme };
}

/** @param {ArrayLike<number>[]} rows */
function matrix(rows) {
  return { heads: [rows], hasGaps: rows.some((row) => Array.from(row).some(Number.isNaN)) };
}

/**
 * @param {ArrayLike<number>[]} a
 * @param {ArrayLike<number>[]} b
 */
function isSameSize(a, b) {
  return a.length === b.length && a[0]?.length === b[0]?.length;
}
