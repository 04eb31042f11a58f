// @ts-check
/** The values under the pointer or the walking cell, beside it. */

import { find, make } from "../lib/dom.js";
import { t } from "../lib/i18n.js";
import { visibleToken } from "../lib/labels.js";
import { rowSum, valueAt } from "../lib/matrices.js";
import { memberName, scoresAt } from "../lib/members.js";
import { show } from "../lib/numbers.js";

/** @import { Store } from "../store.js" */
/** @import { Answer, Pointed } from "../types.js" */

const GAP = 12;

/**
 * @param {Store} store
 */
export function mountTooltip(store) {
  const tooltip = find("tooltip");
  store.watch(["pointed", "answer", "zoom"], ({ pointed, answer, compare }) => {
    // Columns side by side have a readout of their own, and need not have the size of this answer.
    const isThere = !compare && answer && pointed && pointed.query < answer[pointed.panel].shape[1];
    tooltip.hidden = !isThere;
    if (!isThere) return;
    tooltip.replaceChildren(...content(answer, pointed));
    // The lights are drawn after this; their box is where the cell is.
    requestAnimationFrame(() => placeBeside(tooltip, find(pointed.panel)));
  });
}

/**
 * One line of words for a cell, for those who listen.
 * @param {Answer} answer
 * @param {Pointed} pointed
 */
export function spokenCell(answer, pointed) {
  return content(answer, pointed)
    .flatMap((element) => [...element.children].map((child) => child.textContent))
    .join(" ");
}

/**
 * @param {Answer} answer
 * @param {Pointed} pointed
 */
function content(answer, { head, query, column, panel }) {
  const row = word(answer.tokens.query[query]);
  if (panel === "outputs") {
    const feature = t("feature {dim}", { dim: column });
    const value = valueAt(answer.outputs, head, query, column);
    const shown = Number.isNaN(value) ? t("0 (empty row)") : show(value, 4);
    return [pair(row, make("span", { text: feature })), facts([[t("output"), shown]])];
  }
  const scores = scoresAt(answer, head, query, column);
  const weight = valueAt(answer.weights, head, query, column);
  const lines = scores.map((score, member) => {
    const name = scores.length > 1 ? ` ${memberName(member)}` : "";
    return [`${t("score")}${name}`, Number.isNaN(score) ? t("forbidden") : show(score, 4)];
  });
  lines.push([t("weight"), Number.isNaN(weight) ? "0" : show(weight, 4)]);
  if (!answer.flags.row_stochastic) {
    lines.push([t("row sum"), show(rowSum(answer.weights, head, query), 4)]);
  }
  return [pair(row, word(answer.tokens.key[column])), facts(lines)];
}

/**
 * A token as data: isolated, so that its direction leaves its neighbours alone.
 * @param {string} token
 */
export function word(token) {
  return make("bdi", { text: visibleToken(token) || "∅" });
}

/**
 * @param {HTMLElement} from
 * @param {HTMLElement} to
 */
export function pair(from, to) {
  return make("p", { class: "tooltip__pair" }, from, make("span", { text: " → " }), to);
}

/** @param {string[][]} lines each a name and a value */
export function facts(lines) {
  const list = make("dl", { class: "tooltip__facts" });
  for (const [name, value] of lines) {
    list.append(make("dt", { text: name }), make("dd", { text: value }));
  }
  return list;
}

/**
 * @param {HTMLElement} tooltip
 * @param {HTMLElement} panel with the cell that is lit
 */
export function placeBeside(tooltip, panel) {
  const lit = panel.querySelector(".light__cell:last-child");
  if (!lit || tooltip.hidden) return;
  const cell = lit.getBoundingClientRect();
  const { width, height } = tooltip.getBoundingClientRect();
  const left = Math.min(
    Math.max(cell.left + cell.width / 2 - width / 2, 8),
    innerWidth - width - 8,
  );
  const above = cell.top - height - GAP;
  tooltip.style.setProperty("--x", `${Math.round(left)}px`);
  tooltip.style.setProperty("--y", `${Math.round(above < 56 ? cell.bottom + GAP : above)}px`);
}
