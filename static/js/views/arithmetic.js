// @ts-check
/** The tables of the arithmetic after the product: score, row, share. */

import { make } from "../lib/dom.js";
import { t } from "../lib/i18n.js";
import { show } from "../lib/numbers.js";
import { scroller } from "./scroller.js";
import { word } from "./tooltip.js";

/** @import { Explained } from "../types.js" */

/**
 * From the product to the score.
 * @param {Explained} cell
 */
export function scoreSteps({ product, scale, offset, softcapped, bias, score, allowed }) {
  const lines = /** @type {[string, string][]} */ ([["Σ", show(product, 4)]]);
  if (scale !== 1) lines.push([t("× scale"), show(scale, 4)]);
  if (offset !== 0) lines.push([t("+ offset"), show(offset, 4)]);
  if (softcapped !== null) lines.push([t("softcap"), show(softcapped, 4)]);
  if (bias !== 0) lines.push([t("+ bias"), show(bias, 4)]);
  lines.push([t("= score"), show(score, 4)]);
  lines.push([t("mask"), allowed ? t("allowed") : t("forbidden: −∞")]);
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
  const names = [t("key"), t("score"), "exp(s − max)", t("weight")];
  table.append(make("thead", {}, row("th", names)));
  const body = make("tbody");
  let sum = 0;
  scores.forEach((score, index) => {
    const isAllowed = score !== null && lse !== null && maximum !== null;
    const exponential = isAllowed ? Math.exp((score - maximum) / temperature) : 0;
    const weight = isAllowed ? Math.exp(score / temperature - lse) : 0;
    sum += exponential;
    const cells = [isAllowed ? show(score, 3) : "−∞", show(exponential, 3), show(weight, 3)];
    const each = row("td", cells, make("th", { scope: "row" }, word(keys[index])));
    each.style.setProperty("--weight", String(weight));
    if (index === key) each.dataset.chosen = "";
    body.append(each);
  });
  table.append(body, make("tfoot", {}, row("td", ["Σ", "", show(sum, 3), sum ? "1" : "0"])));
  return scroller(table, t("The row of the query"));
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
    body.append(row("td", [String(index), show(value[index], 3), show(weight, 3), show(each, 3)]));
  });
  table.append(body);
  return scroller(table, t("What this key adds to the output"));
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
