// @ts-check
/** How the weights of several heads become one: each times its factor, added up. */

import { make } from "../lib/dom.js";
import { t } from "../lib/i18n.js";
import { show } from "../lib/numbers.js";
import { row } from "./arithmetic.js";
import { withMore } from "./more.js";
import { scroller } from "./scroller.js";
import { brief } from "./steps.js";

/** @import { Explained } from "../types.js" */

/**
 * @param {NonNullable<Explained["combined"]>} parts
 * @param {(head: number) => string} nameOf a score head
 */
export function combinationTable(parts, nameOf) {
  const table = make("table", { class: "numbers numbers--heads" });
  table.append(make("thead", {}, row("th", [t("head"), t("factor"), t("× weight"), t("= part")])));
  const body = make("tbody");
  let sum = 0;
  for (const { head, factor, weight } of parts) {
    sum += factor * weight;
    body.append(row("td", [nameOf(head), show(factor, 3), brief(weight), brief(factor * weight)]));
  }
  table.append(body, make("tfoot", {}, row("td", ["Σ", "", "", brief(sum)])));
  return withMore(scroller(table, t("How the heads are combined")), [...body.rows]);
}
