// @ts-check
/** Comparisons that were made ready: one click lays them over the tokens that are there. */

import { find, make } from "../../lib/dom.js";
import { t } from "../../lib/i18n.js";
import { withLaid } from "../../lib/compare/columns.js";
import { choiceOf, toldAll } from "../../lib/parts.js";

/** @import { Store } from "../../store.js" */
/** @import { Catalogue, Request } from "../../types.js" */

/**
 * @typedef {object} Ready
 * @property {string} title
 * @property {string} says
 * @property {Request} [input] numbers of its own, where the tokens at hand would not do
 * @property {Record<string, any>[]} specs each tells only what it needs
 */

/**
 * @param {Store} store
 * @param {Catalogue} catalogue
 * @param {Ready[]} readies
 */
export function mountReady(store, catalogue, readies) {
  const known = readies.filter((ready) => isKnown(ready, catalogue));
  find("compare-ready").append(...known.map((ready) => make("li", {}, item(store, ready))));
  find("compare-readies").append(...known.map((ready) => make("li", {}, item(store, ready))));
}

/**
 * @param {Store} store
 * @param {Ready} ready
 */
function item(store, ready) {
  const hint = make("span", { class: "menu__hint", text: t(ready.says) });
  const button = make("button", { class: "menu__item", type: "button" }, t(ready.title), hint);
  button.addEventListener("click", () => {
    const { request, head } = store.get();
    const laid = withLaid(ready.input ? withInput(request, ready.input) : request, ready.specs);
    const isNew = Boolean(ready.input);
    store.set({ ...laid, pointed: null, ...(isNew ? { cell: null, head: 0 } : { head }) });
  });
  return button;
}

/**
 * Other numbers in the place of all that was there; numbers of two dimensions are one head.
 * @param {Request} request
 * @param {Request} input
 * @returns {Request}
 */
function withInput({ spec = {} }, input) {
  const { heads: _, ...others } = spec;
  return { ...input, spec: others };
}

/**
 * Whether the catalogue has every part that a comparison names.
 * @param {Ready} ready
 * @param {Catalogue} catalogue
 */
function isKnown({ specs }, { parts }) {
  return specs.every((spec) =>
    Object.entries(spec).every(([name, value]) => {
      return toldAll(value, parts[name]).every(({ kind }) => choiceOf(parts[name], kind));
    }),
  );
}
