// @ts-check
/** The tables of the arithmetic: the whole row, and what a key adds to the output. */

import { make } from "../lib/dom.js";
import { t } from "../lib/i18n.js";
import { show, showPlace } from "../lib/numbers.js";
import { readRow } from "../lib/rows.js";
import { withMore } from "./more.js";
import { scroller } from "./scroller.js";
import { brief } from "./steps.js";
import { word } from "./tooltip.js";

/** @import { Explained } from "../types.js" */

const LARGEST_SLIP = 1e-4;

/**
 * The whole row: each score and its weight, before heads are combined; between them its exponential
 * where weights are those. Of a long row the largest weights, each with its place, and the sum of
 * the others.
 * @param {Explained} cell
 * @param {{keys: string[], member: string}} names
 */
export function rowTable(cell, { keys, member }) {
  const { lines, rest, sum } = readRow(cell);
  const { row_weights: weights, temperature, combined } = cell;
  const isShown = areExponentials(cell);
  const exponent = temperature === 1 ? "exp(s − max)" : "exp((s − max) / T)";
  const weightName = combined && !member ? t("own weight") : `${t("weight")} ${member}`;
  const names = [t("key"), `${t("score")} ${member}`, ...(isShown ? [exponent] : []), weightName];
  const largest = Math.max(1, ...lines.map(({ weight }) => Math.abs(weight)));
  /** @param {{exponential: number, weight: number}} numbers @param {typeof brief} write */
  const written = ({ exponential, weight }, write = brief) => [
    ...(isShown ? [write(exponential)] : []),
    write(weight),
  ];
  const rows = lines.map((line) => {
    const place = rest.count > 0 ? [placeOf(line.key)] : [];
    const name = make("th", { scope: "row" }, ...place, word(keys[line.key]));
    const each = row("td", [brief(line.score), ...written(line)], name);
    each.style.setProperty("--weight", String(Math.abs(line.weight) / largest));
    if (line.weight < 0) each.dataset.negative = "";
    if (line.key === cell.key) each.dataset.chosen = "";
    return each;
  });
  if (rest.count > 0) rows.push(restRow(rest.count, ["", ...written(rest)]));
  const { sink } = cell.row_state;
  if (isShown && typeof sink === "number") {
    const exponential = Math.exp(sink - Number(cell.row_maximum) / temperature);
    sum.exponential += exponential;
    rows.push(sinkRow(sink, exponential));
  }
  const sums = ["Σ", "", ...written(sum, (value) => show(value, 3))];
  const isSigned = weights.some((weight) => weight < 0);
  const table = make(
    "table",
    { class: `numbers numbers--row${isSigned ? " numbers--signed" : ""}` },
    make("thead", {}, row("th", names)),
    make("tbody", {}, ...rows),
    make("tfoot", {}, row("td", sums)),
  );
  return withMore(scroller(table, t("The row of the query")), rows);
}

/** @param {number} key */
function placeOf(key) {
  return make("span", { class: "numbers__place", text: showPlace(key + 1) });
}

/**
 * All keys that have no line, together.
 * @param {number} count
 * @param {string[]} cells
 */
function restRow(count, cells) {
  const text = t("{count} more keys", { count: showPlace(count) });
  const line = row("td", cells, make("th", { scope: "row", text }));
  line.dataset.rest = "";
  return line;
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
 * @param {Explained} cell
 */
function areExponentials({ row_scores: scores, row_weights: weights, ...row }) {
  const { lse, row_maximum: top, temperature } = row;
  if (lse === null || top === null) return false;
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
