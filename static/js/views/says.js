// @ts-check
/** What is said beside the steps of the arithmetic, and why a mask forbids. */

import { t } from "../lib/i18n.js";
import { show } from "../lib/numbers.js";
import { scoreMaker } from "../lib/makers.js";
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
  const { terms, product, score, query, key } = cell;
  const choice = scoreMaker(spec, parts);
  const sum = t("{count} products, Σ = {sum}", { count: terms.length, sum: show(product, 3) });
  // The formula of a part that takes the score's place tells more than the score.
  const isOwn = choice && !choice.score_mathml;
  const formula = arePlain(cell) || !isOwn ? [] : [choice.formula];
  const normalizer = choiceOf(parts.normalizer, spec.normalizer.kind);
  const heads = choiceOf(parts.heads, spec.heads.kind);
  return {
    terms: [t(choice?.title), ...formula, sum].join(" · "),
    row: [t(normalizer?.title), normalizer?.formula].join(" · "),
    heads: [t(heads?.title), heads?.formula].join(" · "),
    mask: t(
      "The mask forbids it: {masks}, with query i = {query} and key j = {key}, counted from 0. The score {score} becomes −∞, so its weight is exactly 0.",
      { masks: maskRules(spec, catalogue), query, key, score: show(score, 3) },
    ),
  };
}
