// @ts-check
/** The tables of the arithmetic after the product: score, row, share. */

import { make } from "../lib/dom.js";
import { t } from "../lib/i18n.js";
import { show, showBounded } from "../lib/numbers.js";
import { withMore } from "./more.js";
import { scroller } from "./scroller.js";
import { word } from "./tooltip.js";

/** @import { Explained } from "../types.js" */

/**
 * From the product to the score.
 * @param {Explained} cell
 * @param {string[]} masks their titles
 */
export function scoreSteps({ product, scale, offset, softcapped, bias, score, allowed }, masks) {
  const lines = /** @type {[string, string][]} */ ([["Σ", brief(product)]]);
  if (scale !== 1) lines.push([t("× scale"), brief(scale)]);
  if (offset !== 0) lines.push([t("+ offset"), brief(offset)]);
  if (softcapped !== null) lines.push([t("softcap"), brief(softcapped)]);
  if (bias !== 0) lines.push([t("+ bias"), brief(bias)]);
  lines.push([t("= score"), brief(score)]);
  const mask = masks.length ? `${t("mask")}: ${masks.join(", ")}` : t("mask");
  lines.push([mask, allowed ? t("allowed") : "−∞"]);
  const list = make("dl", { class: "steps" });
  for (const [name, value] of lines) {
    list.append(make("dt", { text: name }), make("dd", { text: value }));
  }
  return list;
}

/**
 * The whole row: each score, its exponential, its weight.
 * @param {Explained} cell
 * @param {string[]} keys
 */
export function rowTable(
  { row_scores: scores, row_maximum: maximum, lse, temperature, key },
  keys,
) {
  const table = make("table", { class: "numbers numbers--row" });
  const exponent = temperature === 1 ? "exp(s − max)" : "exp((s − max) / T)";
  const names = [t("key"), t("score"), exponent, t("weight")];
  table.append(make("thead", {}, row("th", names)));
  const body = make("tbody");
  let sum = 0;
  let whole = 0;
  scores.forEach((score, index) => {
    const isAllowed = score !== null && lse !== null && maximum !== null;
    const exponential = isAllowed ? Math.exp((score - maximum) / temperature) : 0;
    const weight = isAllowed ? Math.exp(score / temperature - lse) : 0;
    sum += exponential;
    whole += weight;
    const cells = [isAllowed ? brief(score) : "−∞", brief(exponential), brief(weight)];
    const each = row("td", cells, make("th", { scope: "row" }, word(keys[index])));
    each.style.setProperty("--weight", String(weight));
    if (index === key) each.dataset.chosen = "";
    body.append(each);
  });
  table.append(body, make("tfoot", {}, row("td", ["Σ", "", show(sum, 3), show(whole, 3)])));
  return withMore(scroller(table, t("The row of the query")), [...body.rows]);
}

/**
 * Weight times value, one line a feature.
 * @param {Explained} cell
 */
export function shareTable({ weight, value, share }) {
  const table = make("table", { class: "numbers numbers--row" });
  table.append(
    make("thead", {}, row("th", [t("feature"), t("value"), t("× weight"), t("= share")])),
  );
  const body = make("tbody");
  share.forEach((each, index) => {
    body.append(row("td", [String(index), brief(value[index]), brief(weight), brief(each)]));
  });
  table.append(body);
  return withMore(scroller(table, t("What this key adds to the output")), [...body.rows]);
}

/** @param {number} value */
function brief(value) {
  return showBounded(value, 3);
}

/**
 * @param {"td" | "th"} tag
 * @param {string[]} texts
 * @param {HTMLElement} [first]
 */
function row(tag, texts, first) {
  const cells = texts.map((text) => make(tag, tag === "th" ? { text, scope: "col" } : { text }));
  return make("tr", {}, ...(first ? [first] : []), ...cells);
}
