// @ts-check
/** What is said beside the steps of the arithmetic, and why a mask forbids. */

import { t } from "../lib/i18n.js";
import { show } from "../lib/numbers.js";
import { choiceOf } from "../lib/parts.js";
import { maskRules } from "./masks.js";
import { arePlain } from "./terms.js";

/** @import { Answer, Catalogue, Explained } from "../types.js" */

/**
 * The words, each for its place.
 * @param {Explained} cell
 * @param {Answer} answer
 * @param {Catalogue} catalogue
 */
export function saysOf(cell, { spec }, catalogue) {
  const { parts } = catalogue;
  const { terms, product, temperature, score, query, key } = cell;
  const choice = choiceOf(parts.score, spec.score.kind);
  const sum = t("{count} products, Σ = {sum}", { count: terms.length, sum: show(product, 3) });
  const formula = arePlain(cell) || !choice ? [] : [choice.formula];
  const row = t(choiceOf(parts.normalizer, spec.normalizer.kind)?.title);
  return {
    terms: [t(choice?.title), ...formula, sum].join(" · "),
    row: temperature === 1 ? row : `${row} · T = ${temperature}`,
    mask: t(
      "The mask forbids it: {masks}, with query i = {query} and key j = {key}, counted from 0. The score {score} becomes −∞, so its weight is exactly 0.",
      { masks: maskRules(spec, catalogue), query, key, score: show(score, 3) },
    ),
  };
}
