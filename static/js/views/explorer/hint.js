// @ts-check
/** The values under the pointer or the walking cell of the matrix, beside it. */

import { nameOf } from "../../lib/captures/lines.js";
import { cellAt, tokensAt } from "../../lib/captures/regions.js";
import { labelOf } from "../../lib/captures/tokens.js";
import { find, make } from "../../lib/dom.js";
import { t } from "../../lib/i18n.js";
import { valueAt } from "../../lib/matrices.js";
import { show, showPlace } from "../../lib/numbers.js";
import { facts, pair, placeBeside } from "../tooltip.js";

/** @import { ExplorerState, ExplorerStore, Token } from "../../lib/captures/types.js" */

/** @param {ExplorerStore} store */
export function mountHint(store) {
  const tooltip = find("tooltip");
  store.watch(["pointed", "region"], (state) => {
    const lines = hintLines(state);
    tooltip.hidden = !lines;
    if (!lines) return;
    tooltip.replaceChildren(...lines);
    requestAnimationFrame(() => placeBeside(tooltip, find("map")));
  });
}

/**
 * One line of words for the cell, for those who listen.
 * @param {ExplorerState} state
 */
export function spokenHint(state) {
  return (hintLines(state) ?? [])
    .flatMap((element) => [...element.children].map((child) => child.textContent))
    .join(" ");
}

/** @param {ExplorerState} state */
function hintLines(state) {
  const { capture, region, pointed, isReplay, query } = state;
  if (!capture || !region || !pointed) return null;
  const sides = capture.tokens[region.of.kind];
  const last = cellAt(region.query, region.cell[0], query);
  if (!sides || (isReplay && last !== null && pointed.row > last)) return null;
  const { row, column } = pointed;
  const weight = valueAt(region.weights, 0, row, column);
  const score = region.scores ? valueAt(region.scores, 0, row, column) : null;
  const queries = tokensAt(region.query, region.cell[0], row);
  const keys = tokensAt(region.key, region.cell[1], column);
  const exact = region.isRounded ? exactOf(state) : weight;
  const lines = [[t("weight"), Number.isNaN(weight) ? "0" : told(weight, exact)]];
  if (score !== null) {
    lines.unshift([t("score"), Number.isNaN(score) ? t("forbidden") : show(score, 4)]);
  }
  if (!region.isExact) {
    lines.push([t("largest of"), `${queries[1] - queries[0]} × ${keys[1] - keys[0]}`]);
  }
  return [pair(words(sides.query, queries), words(sides.key, keys)), facts(lines)];
}

/**
 * A weight of a picture that came as bytes is known roughly only.
 * @param {number} weight
 * @param {number | null} exact
 */
function told(weight, exact) {
  return exact === null ? `≈ ${show(weight, 2)}` : show(exact, 4);
}

/**
 * The exact weight under the pointer, if it lies in the row that is known exactly.
 * @param {ExplorerState} state
 */
function exactOf({ region, pointed, heat }) {
  if (!region?.isExact || !pointed || !heat) return null;
  const name = nameOf(region.of, "from", region.query[0] + pointed.row);
  if (!heat.of.startsWith(`${name}/`)) return null;
  return heat.weights[region.key[0] + pointed.column - heat.start] ?? null;
}

/**
 * The token of a cell, or the first and the last of several.
 * @param {Token[]} tokens
 * @param {[from: number, to: number]} range
 */
function words(tokens, [from, to]) {
  const text = to - from > 1 ? `${showPlace(from + 1)}–${showPlace(to)}` : labelOf(tokens[from]);
  return make("bdi", { text });
}
