// @ts-check
/** The table of the product: every term with its number, tinted as in the matrices. */

import { colourOf } from "../figures/matrix.js";
import { css, inkOn } from "../lib/colour.js";
import { make } from "../lib/dom.js";
import { t } from "../lib/i18n.js";
import { show } from "../lib/numbers.js";
import { readTheme } from "../lib/theme.js";
import { scroller } from "./scroller.js";
import { word } from "./tooltip.js";

/** @import { Explained } from "../types.js" */

/**
 * Two factors and their products, one column a feature.
 * @param {Explained} cell
 * @param {{query: string, key: string}} names
 */
export function termsTable({ left, right, terms, product, ...cell }, names) {
  const { q = [], k = [] } = /** @type {any} */ (cell);
  const isPlain = String(left) === String(q) && String(right) === String(k);
  const leftName = isPlain ? ["q ", word(names.query)] : [t("left factor")];
  const rightName = isPlain ? ["k ", word(names.key)] : [t("right factor")];
  const table = make("table", { class: "numbers numbers--terms" });
  table.append(
    line(leftName, left, ""),
    line([make("span", { text: "× " }), ...rightName], right, ""),
    line([t("= product")], terms, `Σ = ${show(product, 3)}`),
  );
  return scroller(table, t("Products, one column a feature"));
}

/**
 * @param {(string | Node)[]} name
 * @param {number[]} numbers
 * @param {string} end
 */
function line(name, numbers, end) {
  const range = /** @type {[number, number]} */ ([Math.min(...numbers), Math.max(...numbers)]);
  const colour = colourOf({ range, isSigned: true, theme: readTheme() });
  const cells = numbers.map((number) => {
    const ground = colour(number);
    const cell = make("td", { text: show(number, 2) });
    cell.style.setProperty("--ground", css(ground));
    cell.style.setProperty("--ink", inkOn(ground));
    return cell;
  });
  const last = make("td", { class: "numbers__end", text: end });
  return make("tr", {}, make("th", { scope: "row" }, ...name), ...cells, last);
}
