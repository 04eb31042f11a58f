// @ts-check
/** What a comparison says to those who listen: its outcome, and the cell that is walked to. */

import { find } from "../../lib/dom.js";
import { measuresOf } from "../../lib/compare/measures.js";
import { t } from "../../lib/i18n.js";
import { visibleToken } from "../../lib/labels.js";
import { markedCell, valueOf, withSign } from "./readout.js";

/** @import { Store } from "../../store.js" */
/** @import { Shown } from "./shown.js" */

/**
 * @param {Store} store
 * @param {() => Shown[]} columns
 * @returns {() => void} tells the outcome, once all columns have one
 */
export function mountSpoken(store, columns) {
  const status = find("status");
  store.watch(["pointed"], (state) => {
    const isByKeys = document.activeElement?.classList.contains("column__picture");
    const place = markedCell(state);
    if (state.compare && isByKeys && state.pointed && place)
      status.textContent = cell(columns(), place);
  });
  let last = "";
  return () => {
    const shown = columns();
    if (shown.length < 2 || shown.some(({ outcome }) => !outcome || outcome.isBusy)) return;
    const text = shown.map((column) => outcomeOf(column, shown[0])).join(" ");
    if (text !== last) status.textContent = text;
    last = text;
  };
}

/**
 * @param {Shown} column
 * @param {Shown} reference
 */
function outcomeOf(column, reference) {
  const { letter, name, drawn, outcome } = column;
  const called = `${letter}, ${name}`;
  if (outcome?.problem)
    return `${t("{column}: not computed.", { column: called })} ${outcome.problem.detail}`.trim();
  if (!drawn?.difference || !reference.drawn) return `${called}.`;
  const { largest } = measuresOf(reference.drawn.rows, drawn.rows, false);
  return t("{column}: largest difference {value}.", {
    column: called,
    value: withSign(largest.value),
  });
}

/**
 * @param {Shown[]} columns
 * @param {{query: number, key: number}} place
 */
function cell(columns, place) {
  const tokens = columns.find(({ outcome }) => outcome?.answer)?.outcome?.answer?.tokens;
  if (!tokens) return "";
  const pair = `${visibleToken(tokens.query[place.query])} → ${visibleToken(tokens.key[place.key])}`;
  const values = columns.flatMap((column) => {
    const value = valueOf(column, columns[0], place);
    if (!value) return [];
    return [[column.letter, value.weight, value.difference].filter(Boolean).join(" ")];
  });
  return `${pair}. ${values.join("; ")}`;
}
