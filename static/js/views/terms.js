// @ts-check
/** The table of the product: every term with its number, its factors tinted on one scale. */

import { colourOf } from "../figures/matrix.js";
import { css, inkOn } from "../lib/colour.js";
import { make } from "../lib/dom.js";
import { t } from "../lib/i18n.js";
import { showFixed } from "../lib/numbers.js";
import { isSame } from "../lib/paths.js";
import { readTheme } from "../lib/theme.js";
import { withMore } from "./more.js";
import { scroller } from "./scroller.js";
import { word } from "./tooltip.js";

/** @typedef {import("../types.js").Explained & {q?: number[], k?: number[]}} Explained the vectors before the score */

/**
 * Whether the factors are the query's and the key's own vectors.
 * @param {Explained} cell
 */
export function arePlain({ left, right, q, k }) {
  return isSame(left, q) && isSame(right, k);
}

/**
 * Two factors and their products, one column a feature.
 * @param {Explained} cell
 * @param {{query: string, key: string, maker: string}} names of the tokens, and of what makes other factors
 */
export function termsTable(cell, names) {
  const { left, right, terms, q, k } = cell;
  const [isQuery, isKey] = [isSame(left, q), isSame(right, k)];
  const made = names.maker ? ` · ${names.maker}` : "";
  const factors = [...left, ...right];
  const range = /** @type {[number, number]} */ ([Math.min(...factors), Math.max(...factors)]);
  const colour = colourOf({ range, isSigned: true, theme: readTheme() });
  // Roles: on a narrow screen the styles lay the rows side by side, which is no table to a browser.
  const body = make(
    "tbody",
    { role: "rowgroup" },
    line(factor(isQuery, isKey, "q", names.query, `${t("left factor")}${made}`), left, colour),
    line(
      ["× ", ...factor(isKey, isQuery, "k", names.key, `${t("right factor")}${made}`)],
      right,
      colour,
    ),
    line([t("= product")], terms, null),
  );
  const table = make("table", { class: "numbers numbers--terms", role: "table" }, body);
  const items = /** @type {HTMLElement[]} */ ([...body.querySelectorAll("tr:first-child td")]);
  return withMore(scroller(table, t("Products, one column a feature")), items);
}

/**
 * A factor is the token's own vector, or made from it when the other one is, or of both.
 * @param {boolean} isOwn
 * @param {boolean} isOthersOwn
 * @param {string} letter
 * @param {string} token
 * @param {string} otherwise
 * @returns {(string | Node)[]}
 */
function factor(isOwn, isOthersOwn, letter, token, otherwise) {
  if (isOwn) return [`${letter} `, word(token)];
  return isOthersOwn ? [t("from {letter}", { letter }), " ", word(token)] : [otherwise];
}

/**
 * @param {(string | Node)[]} name
 * @param {number[]} numbers
 * @param {ReturnType<typeof colourOf> | null} colour
 */
function line(name, numbers, colour) {
  const cells = numbers.map((number) => {
    const cell = make("td", { role: "cell", text: showFixed(number, 2) });
    if (colour) {
      const ground = colour(number);
      cell.style.setProperty("--ground", css(ground));
      cell.style.setProperty("--ink", inkOn(ground));
    }
    return cell;
  });
  const head = make("th", { scope: "row", role: "rowheader" }, ...name);
  return make("tr", { role: "row" }, head, ...cells);
}
