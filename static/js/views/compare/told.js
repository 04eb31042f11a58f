// @ts-check
/** What a column says in words: that it failed, that it is the measure, that it has fewer heads. */

import { isPassing } from "../../lib/compare/outcomes.js";
import { make } from "../../lib/dom.js";
import { t } from "../../lib/i18n.js";
import { detailOf, wordsFor } from "../banner.js";

/** @import { Problem } from "../../types.js" */
/** @import { Shown } from "./shown.js" */

/**
 * In the place of the weights: what went wrong.
 * @param {Shown} column
 * @param {() => void} tryAgain
 * @returns {HTMLElement[]}
 */
export function tellWeights({ outcome, drawn, isOneHead }, tryAgain) {
  if (outcome?.problem) return [problemBox(outcome.problem, tryAgain)];
  if (isOneHead) return [hint(t("Numbers of two dimensions are one head: its heads wait."))];
  const heads = outcome?.answer?.weights.shape[0] ?? 1;
  if (!drawn || drawn.head === drawn.asked) return [];
  return [
    hint(
      t("It has {heads} heads: its last, head {head}, is shown.", { heads, head: drawn.head + 1 }),
    ),
  ];
}

/**
 * In the place of the difference, or above it.
 * @param {Shown} column
 * @param {Shown} reference
 * @returns {HTMLElement[]}
 */
export function tellDifference(column, reference) {
  const { letter } = reference;
  if (column.count < 2 || !column.outcome || column.outcome.problem) return [];
  if (column === reference) {
    return [hint(t("All others are measured against {letter}.", { letter }))];
  }
  if (reference.outcome?.problem) {
    return [hint(t("There is nothing to subtract: {letter} is not computed.", { letter }))];
  }
  if (!column.isSame) return [];
  return [hint(t("The same as {letter} so far: change it in the form.", { letter }))];
}

/** @param {string} text */
function hint(text) {
  return make("p", { class: "column__hint", text });
}

/**
 * @param {Problem} problem
 * @param {() => void} tryAgain
 */
function problemBox(problem, tryAgain) {
  const [title, way] = wordsFor(problem, false);
  const last = make("div", { class: "banner__way" }, way ? make("p", { text: way }) : null);
  const lines = [make("p", { class: "banner__title", text: title }), detailOf(problem)];
  if (!isPassing(problem)) return make("div", { class: "column__problem" }, ...lines);
  const attributes = { class: "button button--small", type: "button", text: t("Try again") };
  const button = make("button", attributes);
  button.addEventListener("click", tryAgain);
  last.append(button);
  return make("div", { class: "column__problem" }, ...lines, last);
}
