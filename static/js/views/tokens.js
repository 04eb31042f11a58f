// @ts-check
/** Where tokens or numbers are written: the three ways, and the keys' own tokens. */

import { find } from "../lib/dom.js";
import { t } from "../lib/i18n.js";
import { hasContext, modeOf, withContext, withMode } from "../lib/request.js";
import { splitAtSpaces } from "../lib/words.js";
import { mountNumbers } from "./numbers.js";
import { mountSide } from "./side.js";

/** @import { Store } from "../store.js" */
/** @import { State, Request } from "../types.js" */
/** @import { Mode, Tokens } from "../lib/request.js" */

/**
 * @param {Store} store
 */
export function mountTokens(store) {
  mountSide(store, "query", { place: find("query-side"), title: t("Queries") });
  mountSide(store, "key", { place: find("key-side"), title: t("Keys") });
  mountNumbers(store, find("by-numbers"));
  /** The last tokens, for the way back from numbers. @type {Request | null} */
  let before = null;
  const modes = radios("input-mode", (/** @type {string} */ value) => {
    const state = store.get();
    const mode = /** @type {Mode} */ (value);
    if (modeOf(state.request) !== "numbers") before = state.request;
    const from = modeOf(state.request) === "numbers" && before ? before : state.request;
    const request = withMode(from, mode, shownTokens({ ...state, request: from }));
    // Columns side by side keep their specs: the form may have turned to another one by now.
    const kept = state.compare ? { ...request, spec: state.request.spec ?? {} } : request;
    store.set({ request: kept, cell: null });
  });
  const contexts = radios("context-mode", (/** @type {string} */ value) => {
    const state = store.get();
    const tokens = shownTokens(state).query;
    store.set({ request: withContext(state.request, value === "other", tokens), cell: null });
  });
  store.watch(["request"], ({ request }) => {
    const mode = modeOf(request);
    modes(mode);
    contexts(hasContext(request) ? "other" : "same");
    find("by-tokens").hidden = mode === "numbers";
    find("by-numbers").hidden = mode !== "numbers";
    find("key-side").hidden = !hasContext(request);
    document.body.classList.toggle("is-numbers", mode === "numbers");
  });
}

/**
 * The tokens as far as they are known: written one by one, or as the server has split the text.
 * @param {State} state
 * @returns {Tokens}
 */
export function shownTokens({ request, answer }) {
  /** @param {string[] | undefined} tokens @param {string | undefined} text @param {"query" | "key"} side */
  const side = (tokens, text, side) => {
    if (tokens) return tokens;
    const isSplit = answer && text !== undefined && textOf(answer.request, side) === text;
    if (isSplit) return answer.tokens[side];
    return splitAtSpaces(text ?? "");
  };
  const query = side(request.tokens, request.text, "query");
  const key = hasContext(request) ? side(request.context, request.context_text, "key") : query;
  return { query, key };
}

/**
 * @param {Request} request
 * @param {"query" | "key"} side
 */
function textOf(request, side) {
  return side === "query" ? request.text : request.context_text;
}

/**
 * @param {string} id of the group
 * @param {(value: string) => void} chosen
 * @returns {(value: string) => void} shows a choice
 */
function radios(id, chosen) {
  const group = find(id);
  group.addEventListener("change", (event) =>
    chosen(/** @type {HTMLInputElement} */ (event.target).value),
  );
  return (value) => {
    for (const input of group.querySelectorAll("input")) input.checked = input.value === value;
  };
}
