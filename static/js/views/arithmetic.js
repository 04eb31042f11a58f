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
 * The whole row: each score and its weight, before heads are combined; between them its exponential
 * where weights are those.
 * @param {Explained} cell
 * @param {{keys: string[], member: string}} names
 */
export function rowTable(cell, { keys, member }) {
  const { row_scores: scores, row_weights: weights, row_maximum: top } = cell;
  const { lse, temperature, key, combined } = cell;
  const table = make("table", { class: "numbers numbers--row" });
  const exponent = temperature === 1 ? "exp(s − max)" : "exp((s − max) / T)";
  const isShown = areExponentials({ scores, weights, lse, temperature }) && top !== null;
  const weightName = combined && !member ? t("own weight") : `${t("weight")} ${member}`;
  const names = [t("key"), `${t("score")} ${member}`, ...(isShown ? [exponent] : []), weightName];
  table.append(make("thead", {}, row("th", names)));
  table.classList.toggle(
    "numbers--signed",
    weights.some((weight) => weight < 0),
  );
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
  const { sink } = cell.row_state;
  if (isShown && typeof sink === "number") {
    const exponential = Math.exp(sink - Number(top) / temperature);
    sum += exponential;
    body.append(sinkRow(sink, exponential));
  }
  const sums = isShown ? [show(sum, 3)] : [];
  table.append(body, make("tfoot", {}, row("td", ["Σ", "", ...sums, show(whole, 3)])));
  return withMore(scroller(table, t("The row of the query")), [...body.rows]);
}

/**
 * What the sum of the exponentials holds beside the keys; its weight goes to none of them.
 * @param {number} logit
 * @param {number} exponential
 */
function sinkRow(logit, exponential) {
  const name = make("th", { scope: "row", text: t("no key") });
  const line = row("td", [brief(logit), brief(exponential), ""], name);
  line.dataset.sink = "";
  return line;
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
