// @ts-check
/** Tokens as chips: walked, edited, moved and removed, by pointer and by keys. */

import { make } from "../lib/dom.js";
import { t } from "../lib/i18n.js";
import { splitAtSpaces } from "../lib/words.js";
import { chip, editChip } from "./chip.js";
import { dragChips } from "./drag.js";
import { tintChips } from "./tint.js";

/** @import { Store } from "../store.js" */
/** @import { Side } from "../lib/request.js" */

/** More chips than this are counted, not shown. */
const MOST = 512;

/**
 * @param {Store} store
 * @param {Side} side
 * @param {HTMLElement} place
 * @param {(tokens: string[]) => void} change
 * @returns {(tokens: string[]) => void} shows tokens
 */
export function mountChips(store, side, place, change) {
  /** @type {string[]} */
  let tokens = [];
  let focused = 0;
  const chips = () => /** @type {HTMLElement[]} */ ([...place.querySelectorAll(".chip")]);
  /** @param {number} index */
  const focus = (index) => {
    focused = Math.min(Math.max(index, 0), tokens.length - 1);
    chips().forEach((chip, at) => (chip.tabIndex = at === focused ? 0 : -1));
    chips()[focused]?.focus();
  };
  /** @param {string[]} next @param {number} index */
  const changeAndFocus = (next, index) => {
    change(next);
    focus(index);
  };
  /** @param {number} from @param {number} to */
  const move = (from, to) => {
    if (to < 0 || to >= tokens.length || from === to) return;
    const next = tokens.filter((_, index) => index !== from);
    next.splice(to, 0, tokens[from]);
    changeAndFocus(next, to);
  };
  /** @param {number} index */
  const edit = (index) => {
    const chip = chips()[index];
    if (!chip) return;
    editChip(chip, tokens[index], (written) => {
      if (written === null) focus(index);
      else changeAndFocus(tokens.toSpliced(index, 1, ...written), index);
    });
  };
  /** @type {Record<string, (index: number, isMove: boolean) => void>} */
  const keys = {
    ArrowLeft: (index, isMove) => (isMove ? move(index, index - 1) : focus(index - 1)),
    ArrowRight: (index, isMove) => (isMove ? move(index, index + 1) : focus(index + 1)),
    Home: () => focus(0),
    End: () => focus(tokens.length - 1),
    Backspace: (index) => changeAndFocus(tokens.toSpliced(index, 1), Math.max(index - 1, 0)),
    Delete: (index) => changeAndFocus(tokens.toSpliced(index, 1), index),
    Enter: edit,
    F2: edit,
  };
  place.addEventListener("keydown", (event) => {
    const index = chips().indexOf(/** @type {HTMLElement} */ (event.target));
    if (index < 0 || !keys[event.key]) return;
    event.preventDefault();
    keys[event.key](index, event.altKey);
  });
  place.addEventListener("dblclick", (event) => edit(indexOf(chips(), event)));
  place.addEventListener("paste", (event) => {
    const index = indexOf(chips(), event);
    const pasted = splitAtSpaces(event.clipboardData?.getData("text/plain") ?? "");
    if (index < 0 || pasted.length === 0 || event.target instanceof HTMLInputElement) return;
    event.preventDefault();
    changeAndFocus(tokens.toSpliced(index + 1, 0, ...pasted), index + pasted.length);
  });
  dragChips(place, chips, move);
  const tint = tintChips(store, side, chips);
  return (next) => {
    const isSame = next.length === tokens.length && next.every((token, at) => token === tokens[at]);
    if (isSame && place.childElementCount > 0) return;
    tokens = next;
    focused = Math.min(focused, Math.max(tokens.length - 1, 0));
    place.replaceChildren(...tokens.slice(0, MOST).map((token, at) => chip(token, at === focused)));
    if (tokens.length > MOST) place.append(restOf(tokens.length - MOST));
    tint();
  };
}

/** @param {number} count */
function restOf(count) {
  return make("div", { class: "chips__more", text: t("and {count} more", { count }) });
}

/**
 * @param {HTMLElement[]} chips
 * @param {Event} event
 */
function indexOf(chips, event) {
  const target = /** @type {HTMLElement} */ (event.target);
  return chips.indexOf(/** @type {HTMLElement} */ (target.closest(".chip")));
}
