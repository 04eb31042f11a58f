// @ts-check
/** The comparison as a whole: on and off, its place on the page, and what it says of itself. */

import { find, make } from "../../lib/dom.js";
import { asked } from "../../lib/compare/columns.js";
import { letterOf } from "../../lib/compare/names.js";
import { withinHeads } from "../../lib/compare/outcomes.js";
import { isEmpty } from "../../lib/request.js";
import { mountAdd } from "./add.js";
import { mountColumns } from "./columns.js";
import { mountCompareHeads } from "./heads.js";
import { mountReady } from "./ready.js";

/** @import { Store } from "../../store.js" */
/** @import { Catalogue, State } from "../../types.js" */
/** @import { Ready } from "./ready.js" */

/**
 * @param {Store} store
 * @param {Catalogue} catalogue
 * @param {Ready[]} readies
 */
export function mountCompare(store, catalogue, readies) {
  const toggle = find("compare-open");
  toggle.addEventListener("click", () => {
    const state = store.get();
    store.set({ ...(state.compare ? left(state) : entered(state)), pointed: null });
  });
  // The form says which column it edits, and so does the way to it on a phone.
  const letters = ["mechanism-title", "sheet-open"].map((id) => {
    const letter = make("span", { class: "column__letter", hidden: true });
    find(id).append(letter);
    return letter;
  });
  store.watch(["compare", "request"], ({ compare, request }) => {
    const isShown = compare !== null && !isEmpty(request);
    toggle.setAttribute("aria-pressed", String(compare !== null));
    document.body.classList.toggle("is-comparing", isShown);
    find("compare").hidden = !isShown;
    find("panels").hidden = isShown;
    document.querySelector(".skip")?.setAttribute("href", isShown ? "#compare" : "#panels");
    for (const letter of letters) {
      letter.hidden = !isShown;
      letter.textContent = letterOf(compare?.selected ?? 0);
    }
  });
  mountReady(store, catalogue, readies);
  mountAdd(store, catalogue);
  mountCompareHeads(store);
  mountColumns(store, catalogue);
}

/**
 * @param {State} state of one mechanism
 * @returns {Partial<State>}
 */
function entered({ request, head }) {
  const compare = { specs: [request.spec ?? {}], selected: 0 };
  return { compare, head: head === "all" ? 0 : head };
}

/**
 * The selected mechanism alone, which may have fewer heads than another column.
 * @param {State} state of columns side by side
 * @returns {Partial<State>}
 */
function left(state) {
  const { request, answer } = state;
  const looked = answer ? withinHeads(state, answer.weights.shape[0]) : {};
  return { ...looked, compare: null, request: asked(request) };
}
