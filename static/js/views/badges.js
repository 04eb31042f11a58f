// @ts-check
/** The line below each matrix: what is true of it, counted and not promised. */

import { t } from "../lib/i18n.js";
import { rowsOf } from "../lib/matrices.js";
import { membersOf } from "../lib/members.js";
import { sums } from "./sums.js";

/** @import { Answer } from "../types.js" */

/** @param {Answer} answer */
export function scoresBadge({ scores: { shape, data } }) {
  const size = shape[1] * shape[2];
  const counts = Array.from({ length: shape[0] }, (_, head) => gapsIn(data, head * size, size));
  const total = counts.reduce((sum, count) => sum + count, 0);
  if (total === 0) return t("every cell allowed");
  // As a rule what is forbidden is the same for every head: then one tells it.
  const isSame = counts.every((count) => count === counts[0]);
  const [masked, all] = isSame ? [counts[0], size] : [total, data.length];
  return t("{masked} of {all} cells forbidden", { masked, all });
}

/**
 * @param {Float32Array} data
 * @param {number} start
 * @param {number} size
 */
function gapsIn(data, start, size) {
  let count = 0;
  for (let index = start; index < start + size; index += 1)
    count += Number(Number.isNaN(data[index]));
  return count;
}

/**
 * @param {Answer} answer
 * @param {number[]} heads those that are shown
 */
export function weightsBadge(answer, heads) {
  const empty = answer.emptyRows.filter(({ head }) => heads.includes(head));
  const forbidden = empty.every((row) => isForbidden(answer, row));
  const counts = heads.map((head) => empty.filter((row) => row.head === head).length);
  // As a rule the same rows are empty in every head: then one tells it.
  const count = counts.every((each) => each === counts[0]) ? counts[0] : empty.length;
  const parts = [sums(answer, heads, count > 0)];
  if (count > 0 && forbidden) parts.push(t("rows with every key forbidden: {count}", { count }));
  else if (count > 0) parts.push(t("rows that take nothing: {count}", { count }));
  return parts.filter(Boolean).join(" · ");
}

/**
 * @param {Answer} answer
 * @param {number[]} heads those that are shown
 */
export function outputsBadge({ outputs, emptyRows }, heads) {
  const parts = [t("features of a head: {count}", { count: outputs.shape[2] })];
  const isAny = emptyRows.some(({ head }) => heads.includes(head));
  if (isAny) parts.push(t("hatched rows take nothing: zero"));
  return parts.join(" · ");
}

/**
 * A row may be empty without a mask: where a span ends, or products are all zero.
 * @param {Answer} answer
 * @param {{head: number, query: number}} row
 */
function isForbidden(answer, { head, query }) {
  const members = membersOf(answer);
  return Array.from({ length: members }, (_, member) => head * members + member).every((each) =>
    rowsOf(answer.scores, each)[query].every(Number.isNaN),
  );
}
