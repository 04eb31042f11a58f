// @ts-check
/** Another column: the first one with one of its parts exchanged. All from the catalogue. */

import { find, make } from "../../lib/dom.js";
import { t } from "../../lib/i18n.js";
import { MOST, requestsOf, specsOf, withAdded } from "../../lib/compare/columns.js";
import { letterOf } from "../../lib/compare/names.js";
import { OUTSIDE_SPEC } from "../../lib/request.js";
import { started } from "../../lib/started.js";
import { sizesOf } from "../sizes.js";
import { focusSelected } from "./action.js";

/** @import { Store } from "../../store.js" */
/** @import { Catalogue, State } from "../../types.js" */

/**
 * @param {Store} store
 * @param {Catalogue} catalogue
 */
export function mountAdd(store, { parts }) {
  /** @type {HTMLSelectElement} */
  const select = find("compare-add");
  /** @type {HTMLButtonElement} */
  const button = find("compare-add-now");
  select.append(
    make("option", { value: "", text: t("Add a mechanism …") }),
    make("option", { value: "copy", text: t("A copy of {letter}", { letter: letterOf(0) }) }),
  );
  for (const [name, part] of Object.entries(parts)) {
    if (OUTSIDE_SPEC.includes(name)) continue;
    const label = t("{letter} with another part: {part}", {
      letter: letterOf(0),
      part: t(part.title),
    });
    const options = part.choices.map(({ kind, title }) =>
      make("option", { value: `${name}.${kind}`, text: t(title) }),
    );
    select.append(make("optgroup", { label }, ...options));
  }
  const mark = () => {
    select.disabled = (store.get().compare?.specs.length ?? 0) >= MOST;
    button.disabled = select.disabled || select.value === "";
  };
  // A closed list changes with every arrow key: what it says is only done when the button is pressed.
  select.addEventListener("change", mark);
  button.addEventListener("click", () => {
    const state = store.get();
    const [spec] = specsOf(state);
    const [name, kind] = select.value.split(".");
    select.value = "";
    mark();
    store.set(withAdded(state, kind ? { ...spec, [name]: valueOf(name, kind) } : spec));
    focusSelected();
  });
  /** @param {string} name @param {string} kind */
  const valueOf = (name, kind) => {
    const part = parts[name];
    const value = started(part, kind, sizesOf(first(store.get()), name));
    if (!part.multiple) return value;
    return kind === part.default ? [] : [value];
  };
  store.watch(["compare"], mark);
}

/**
 * The state as if the first column, which the new one is made from, were all there is.
 * @param {State} state
 * @returns {State}
 */
function first(state) {
  const [request] = requestsOf(state);
  return { ...state, request, answer: state.outcomes[0]?.answer ?? state.answer };
}
