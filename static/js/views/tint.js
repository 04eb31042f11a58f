// @ts-check
/** The strip shows the row that is pointed at or pinned: its token outlined, its keys tinted by weight. */

import { weightColour } from "../figures/weights.js";
import { css, inkOn } from "../lib/colour.js";
import { rowsOf } from "../lib/matrices.js";
import { isSame } from "../lib/paths.js";
import { readTheme } from "../lib/theme.js";
import { shownHeads } from "./panels.js";

/** @import { Store } from "../store.js" */
/** @import { State } from "../types.js" */
/** @import { Side } from "../lib/request.js" */

/**
 * @param {Store} store
 * @param {Side} side
 * @param {() => HTMLElement[]} chips
 * @returns {() => void} tints the chips anew
 */
export function tintChips(store, side, chips) {
  const tint = () => {
    const state = store.get();
    const { answer, pointed, cell } = state;
    const row = isCurrent(state) ? (pointed ?? cell) : null;
    const isOneSequence = answer ? !hasOwnKeys(state) : true;
    const colours = row && (side === "key" || isOneSequence) ? coloursOf(state, row) : null;
    chips().forEach((chip, index) => {
      const colour = colours?.[index];
      chip.style.setProperty("--chip-ground", colour ? css(colour) : "");
      chip.style.setProperty("--chip-text", colour ? inkOn(colour) : "");
      const isRow = side === "query" && row?.query === index;
      const isKey = side === "key" && !pointed && cell?.key === index;
      chip.setAttribute("aria-selected", String(isRow || isKey));
    });
  };
  store.watch(["pointed", "cell", "answer", "head", "problem"], tint);
  document.addEventListener("themechange", tint);
  return tint;
}

/**
 * Whether the answer is one about the tokens that are shown.
 * @param {State} state
 */
function isCurrent({ answer, request, problem }) {
  if (!answer || problem) return false;
  return isSame(tokensOf(answer.request), tokensOf(request));
}

/** @param {State["request"]} request */
function tokensOf({ text, tokens, context_text: contextText, context }) {
  return [text, tokens, contextText, context];
}

/** @param {State} state */
function hasOwnKeys({ request }) {
  return request.context !== undefined || request.context_text !== undefined;
}

/**
 * @param {State} state
 * @param {{head: number, query: number}} row
 */
function coloursOf(state, { head, query }) {
  const { answer } = state;
  if (!answer || query >= answer.weights.shape[1]) return null;
  const shown = shownHeads(state);
  const weights = rowsOf(answer.weights, shown.includes(head) ? head : shown[0])[query];
  const colour = weightColour(answer, readTheme());
  return Array.from(weights, (weight) => (Number.isNaN(weight) ? null : colour(weight)));
}
