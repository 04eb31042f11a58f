// @ts-check
/** The tables of the arithmetic: the whole row, and what a key adds to the output. */

import { make } from "../lib/dom.js";
import { t } from "../lib/i18n.js";
import { show } from "../lib/numbers.js";
import { withMore } from "./more.js";
import { scroller } from "./scroller.js";
import { brief } from "./steps.js";
import { word } from "./tooltip.js";

/** @import { Explained } from "../types.js" */

const LARGEST_SLIP = 1e-4;

/**
 * The whole row: each score and its weight; between them its exponential where weights are those.
 * @param {Explained} cell
 * @param {ArrayLike<number>} weights of the row
 * @param {{keys: string[], member: string}} names
 */
export function rowTable(
  { row_scores: scores, row_maximum: top, ...cell },
  weights,
  { keys, member },
) {
  const { lse, temperature, key } = cell;
  const table = make("table", { class: "numbers numbers--row" });
  const exponent = temperature === 1 ? "exp(s − max)" : "exp((s − max) / T)";
  const isShown = areExponentials({ scores, weights, lse, temperature }) && top !== null;
  const names = [t("key"), `${t("score")} ${member}`, ...(isShown ? [exponent] : []), t("weight")];
  table.append(make("thead", {}, row("th", names)));
  const body = make("tbody");
  const largest = Math.max(1, ...Array.from(weights, (weight) => Math.abs(weight || 0)));
  let sum = 0;
  let whole = 0;
  scores.forEach((score, index) => {
    const exponential =
      isShown && score !== null ? Math.exp((score - Number(top)) / temperature) : 0;
    const weight = weights[index] || 0;
    sum += exponential;
    whole += weight;
    const between = isShown ? [brief(exponential)] : [];
    const cells = [brief(score), ...between, brief(weight)];
    const each = row("td", cells, make("th", { scope: "row" }, word(keys[index])));
    each.style.setProperty("--weight", String(Math.abs(weight) / largest));
    if (weight < 0) each.dataset.negative = "";
    if (index === key) each.dataset.chosen = "";
    body.append(each);
  });
  const sums = isShown ? [show(sum, 3)] : [];
  table.append(body, make("tfoot", {}, row("td", ["Σ", "", ...sums, show(whole, 3)])));
  return withMore(scroller(table, t("The row of the query")), [...body.rows]);
}

/**
 * Whether every weight of a row is its score's exponential over one and the same sum.
 * @param {{scores: (number | null)[], weights: ArrayLike<number>, lse: number | null, temperature: number}} row
 */
function areExponentials({ scores, weights, lse, temperature }) {
  if (lse === null) return false;
  return scores.every((score, index) => {
    const weight = score === null ? 0 : Math.exp(score / temperature - lse);
    return Math.abs(weight - (weights[index] || 0)) < LARGEST_SLIP;
  });
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

/**
 * @param {"td" | "th"} tag
 * @param {string[]} texts
 * @param {HTMLElement} [first]
 */
export function row(tag, texts, first) {
  const cells = texts.map((text) => make(tag, tag === "th" ? { text, scope: "col" } : { text }));
  return make("tr", {}, ...(first ? [first] : []), ...cells);
}
