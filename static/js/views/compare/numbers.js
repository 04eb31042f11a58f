// @ts-check
/** How far a column stands from the first, in a few numbers. */

import { make } from "../../lib/dom.js";
import { measuresOf, zerosOf } from "../../lib/compare/measures.js";
import { t } from "../../lib/i18n.js";
import { show, showBounded } from "../../lib/numbers.js";
import { word } from "../tooltip.js";
import { withSign } from "./readout.js";

/** @import { Store } from "../../store.js" */
/** @import { Answer } from "../../types.js" */
/** @import { Shown } from "./shown.js" */

/**
 * @param {Store} store
 * @param {Shown} column
 * @param {Shown} reference
 * @returns {HTMLElement[]}
 */
export function numbersOf(store, column, reference) {
  const { drawn, outcome } = column;
  if (!drawn || !outcome?.answer) return [];
  const { zero, forbidden } = zerosOf(drawn.rows);
  const some = t("{share} forbidden", { share: percent(forbidden) });
  const because = forbidden === 0 ? "" : forbidden === zero ? t("all forbidden") : some;
  const zeros = line(t("Exactly zero"), percent(zero), because);
  if (!drawn.difference || !reference.drawn || !reference.outcome?.answer) return [zeros];
  const areStochastic = [reference.outcome.answer, outcome.answer].every(isStochastic);
  const { largest, mean, moved } = measuresOf(reference.drawn.rows, drawn.rows, areStochastic);
  const none = t("rows need not sum to 1");
  return [
    line(t("Attention moved"), moved === null ? "–" : percent(moved), moved === null ? none : ""),
    line(t("Largest difference"), withSign(largest.value), goTo(store, outcome.answer, largest)),
    line(t("Mean difference"), show(mean, 4), ""),
    zeros,
  ];
}

/** @param {number} share */
export function percent(share) {
  return `${showBounded(share * 100, 1)} %`;
}

/** @param {Answer} answer */
function isStochastic({ flags }) {
  return flags.row_stochastic;
}

/**
 * @param {string} name
 * @param {string} value
 * @param {string | HTMLElement | null} says
 */
function line(name, value, says) {
  const more = says ? make("span", { class: "column__more" }, says) : null;
  return make(
    "div",
    { class: "column__number" },
    make("dt", { text: name, title: definitionOf(name) }),
    make("dd", {}, more, make("span", { text: value })),
  );
}

/**
 * The template defines each number once, for all to read; here it is at hand as well.
 * @param {string} name
 */
function definitionOf(name) {
  const terms = [...document.querySelectorAll(".compare__term")];
  const own = terms.find((term) => term.firstElementChild?.textContent === name);
  return own?.lastElementChild?.textContent;
}

/**
 * A way to the cell: it is marked in all columns.
 * @param {Store} store
 * @param {Answer} answer
 * @param {{value: number, query: number, key: number}} cell
 */
function goTo(store, { tokens }, { value, query, key }) {
  if (value === 0) return null;
  const pair = [word(tokens.query[query]), " → ", word(tokens.key[key])];
  const button = make("button", { class: "column__go", type: "button" }, ...pair);
  button.title = t("Mark this cell in every column");
  button.addEventListener("click", () => {
    const { head } = store.get();
    store.set({ cell: { head: Number(head) || 0, query, key }, pointed: null });
  });
  return button;
}
