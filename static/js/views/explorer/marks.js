// @ts-check
/** What words carry: the heat of their weight, and which of them are chosen, pinned or outside. */

import { labelOf } from "../../lib/captures/tokens.js";
import { css, inkOn } from "../../lib/colour.js";
import { t } from "../../lib/i18n.js";
import { show } from "../../lib/numbers.js";

/** @import { Token } from "../../lib/captures/types.js" */
/** @import { Tones } from "./heat.js" */

/** Above the first line. */
const PADDING = 4;

/**
 * @typedef {object} Marks
 * @property {Tones | null} heat
 * @property {number | null} chosen
 * @property {number | null} pinned
 * @property {number | null} after
 * @property {[from: number, to: number][] | null} seen in the window of the matrix; null for all
 */

/**
 * @param {HTMLElement} list
 * @param {{tokens: Token[], from: number}} run
 * @param {Marks} marks
 */
export function markWords(list, { tokens, from }, { heat, chosen, pinned, after, seen }) {
  const isInside = list.contains(document.activeElement);
  const words = /** @type {NodeListOf<HTMLElement>} */ (list.querySelectorAll("[data-token]"));
  const first = Number(words[0]?.dataset.token ?? 0);
  const isHere = [...words].some((word) => Number(word.dataset.token) === chosen);
  const isSeen = (/** @type {number} */ at) =>
    seen?.some(([from, end]) => at >= from && at < end) ?? true;
  const shown = chosen !== null && isSeen(chosen) ? chosen : (seen?.[0][0] ?? chosen);
  words.forEach((word) => {
    const at = Number(word.dataset.token);
    const token = tokens[at - from];
    const isLater = after !== null && at > after + 1 && token.is_generated;
    const colour = isLater ? null : (heat?.colour(at) ?? null);
    word.style.setProperty("--chip-ground", colour ? css(colour) : "");
    word.style.setProperty("--chip-text", colour ? inkOn(colour) : "");
    word.classList.toggle("token--masked", heat !== null && colour === null);
    word.classList.toggle("token--pinned", at === pinned);
    word.classList.toggle("token--outside", !isSeen(at));
    word.classList.toggle("token--next", after !== null && at === after + 1 && token.is_generated);
    word.classList.toggle("token--later", isLater);
    const isChosen = at === chosen;
    word.setAttribute("aria-selected", String(isChosen));
    word.tabIndex = isChosen || (!isHere && at === first) ? 0 : -1;
    const weight = heat?.weight(at) ?? NaN;
    const says = Number.isNaN(weight) ? "" : `, ${t("weight")} ${show(weight, 3)}`;
    word.setAttribute("aria-label", `${labelOf(token)}${says}`);
    word.title = Number.isNaN(weight) ? "" : show(weight, 4);
    if (isChosen && isInside) word.focus();
    else if (at === shown && list.scrollHeight > list.clientHeight) bringIntoView(list, word);
  });
}

/**
 * Scroll the list, and nothing but the list, to the beginning of a line.
 * @param {HTMLElement} list
 * @param {HTMLElement} word
 */
function bringIntoView(list, word) {
  const top = word.offsetTop - list.scrollTop;
  const isSeen = top >= 0 && top + word.offsetHeight <= list.clientHeight;
  if (isSeen) return;
  const half = word.offsetTop - list.clientHeight / 2;
  const words = /** @type {HTMLElement[]} */ ([...list.children]);
  const first = words.find(({ offsetTop }) => offsetTop >= half) ?? word;
  list.scrollTop = first.offsetTop - PADDING;
}
