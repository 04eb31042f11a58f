// @ts-check
/** The marked cell in one column: its weight, and its difference to the first. */

import { make } from "../../lib/dom.js";
import { t } from "../../lib/i18n.js";
import { show } from "../../lib/numbers.js";
import { word } from "../tooltip.js";

/** @import { State } from "../../types.js" */
/** @import { Shown } from "./shown.js" */

/**
 * @typedef {object} Value
 * @property {string} weight
 * @property {string | null} difference with its sign; null in the first column
 */

/**
 * The marked cell in words.
 * @param {Shown} column
 * @param {Shown} reference
 * @param {Pick<State, "pointed" | "cell">} state
 * @returns {Node[]}
 */
export function readoutOf(column, reference, state) {
  const place = markedCell(state);
  const value = place && valueOf(column, reference, place);
  if (!place || !value || !column.outcome?.answer) {
    const isHint = column === reference && column.drawn && !place;
    const text = t("Point at a cell to read it in every column.");
    return isHint ? [make("span", { class: "column__hint", text })] : [];
  }
  const { query, key } = column.outcome.answer.tokens;
  const pair = [word(query[place.query]), " → ", word(key[place.key])];
  return [
    make("span", { class: "column__pair" }, ...pair),
    make("strong", { text: value.weight }),
    ...(value.difference === null ? [] : [make("span", { text: value.difference })]),
  ];
}

/**
 * The cell under the pointer, else the pinned one.
 * @param {Pick<State, "pointed" | "cell">} state
 */
export function markedCell({ pointed, cell }) {
  return pointed ? { query: pointed.query, key: pointed.column } : cell;
}

/**
 * @param {Shown} column
 * @param {Shown} reference
 * @param {{query: number, key: number}} place
 * @returns {Value | null} null where nothing is drawn
 */
export function valueOf({ drawn }, reference, { query, key }) {
  const weight = drawn?.rows[query]?.[key];
  if (!drawn || weight === undefined) return null;
  const text = Number.isNaN(weight) ? t("forbidden") : show(weight, 3);
  if (!drawn.difference || drawn === reference.drawn) return { weight: text, difference: null };
  const difference = drawn.difference.heads[0][query][key];
  return { weight: text, difference: Number.isNaN(difference) ? "±0" : withSign(difference) };
}

/** @param {number} value */
export function withSign(value) {
  const text = show(value, 3);
  return value > 0 ? `+${text}` : text;
}
