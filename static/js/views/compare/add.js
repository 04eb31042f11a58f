// @ts-check
/** Another column: the first one with one of its parts exchanged. All from the catalogue. */

import { find, make } from "../../lib/dom.js";
import { t } from "../../lib/i18n.js";
import { MOST, specsOf, withAdded } from "../../lib/compare/columns.js";
import { letterOf, OUTSIDE_SPEC } from "../../lib/compare/names.js";
import { started } from "../../lib/started.js";
import { sizesOf } from "../sizes.js";

/** @import { Store } from "../../store.js" */
/** @import { Catalogue } from "../../types.js" */

/**
 * @param {Store} store
 * @param {Catalogue} catalogue
 */
export function mountAdd(store, { parts }) {
  /** @type {HTMLSelectElement} */
  const select = find("compare-add");
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
  select.addEventListener("change", () => {
    const state = store.get();
    const [spec] = specsOf(state);
    const [name, kind] = select.value.split(".");
    select.value = "";
    store.set(withAdded(state, kind ? { ...spec, [name]: valueOf(name, kind) } : spec));
  });
  /** @param {string} name @param {string} kind */
  const valueOf = (name, kind) => {
    const part = parts[name];
    const value = started(part, kind, sizesOf(store.get(), name));
    if (!part.multiple) return value;
    return kind === part.default ? [] : [value];
  };
  store.watch(["compare"], ({ compare }) => {
    select.disabled = (compare?.specs.length ?? 0) >= MOST;
  });
}
