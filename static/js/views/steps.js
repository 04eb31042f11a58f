// @ts-check
/** The arithmetic that goes from number to number: of a score, of a weight, of mixed heads. */

import { make } from "../lib/dom.js";
import { t } from "../lib/i18n.js";
import { show, showBounded } from "../lib/numbers.js";

/** @import { Explained } from "../types.js" */

/**
 * From the product to the score.
 * @param {Explained} cell
 * @param {string[]} masks their titles
 */
export function scoreSteps(cell, masks) {
  const { product, scale, offset, softcapped, bias, score, premixed, allowed } = cell;
  const lines = /** @type {[string, string][]} */ ([["Σ", brief(product)]]);
  if (scale !== 1) lines.push([t("× scale"), brief(scale)]);
  if (offset !== 0) lines.push([t("+ offset"), brief(offset)]);
  if (softcapped !== null) lines.push([t("softcap"), brief(softcapped)]);
  if (bias !== 0) lines.push([t("+ bias"), brief(bias)]);
  lines.push([premixed ? t("= own score") : t("= score"), brief(score)]);
  if (premixed) lines.push(...mixLines(premixed));
  const mask = masks.length ? `${t("mask")}: ${masks.join(", ")}` : t("mask");
  lines.push([mask, allowed ? t("allowed") : "−∞"]);
  return steps(lines);
}

/**
 * The scores of all heads, each times its factor.
 * @param {NonNullable<Explained["premixed"]>} parts
 * @returns {[string, string][]}
 */
function mixLines(parts) {
  const sum = parts.reduce((whole, { factor, score }) => whole + factor * (score ?? -Infinity), 0);
  /** @type {[string, string][]} */
  const lines = parts.map(({ head, factor, score }) => {
    const name = t("{factor} × head {head}", { factor: show(factor, 3), head: head + 1 });
    return [name, score === null ? brief(null) : brief(factor * score)];
  });
  return [...lines, [t("= mixed score"), brief(sum)]];
}

/**
 * The numbers of the row that its weights are made with, by the letters of the formulas.
 * @param {Explained} cell
 */
export function rowSteps({ row_state: state, temperature }) {
  /** @type {Record<string, string>} */
  const names = {
    lse: t("log-sum-exp, lse"),
    threshold: t("threshold τ"),
    bias: t("bias b"),
    divisor: t("divisor n"),
    total: t("sum of the row"),
    sink: t("logit of the sink z"),
  };
  /** @type {[string, string][]} */
  const lines = Object.entries(state).map(([name, number]) => [names[name] ?? name, brief(number)]);
  if (temperature !== 1) lines.unshift([t("temperature T"), show(temperature, 3)]);
  const list = steps(lines);
  list.classList.add("steps--row");
  return list;
}

/** @param {number | null} value null where it is −∞ */
export function brief(value) {
  return value === null ? "−∞" : showBounded(value, 3);
}

/**
 * Names and values, line by line.
 * @param {[string, string][]} lines
 */
export function steps(lines) {
  const list = make("dl", { class: "steps" });
  for (const [name, value] of lines) {
    list.append(make("dt", { text: name }), make("dd", { text: value }));
  }
  return list;
}
