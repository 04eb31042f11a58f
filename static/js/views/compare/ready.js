// @ts-check
/** Comparisons that were made ready: one click lays them over the tokens that are there. */

import { find, make } from "../../lib/dom.js";
import { t } from "../../lib/i18n.js";
import { withLaid } from "../../lib/compare/columns.js";
import { choiceOf, toldAll } from "../../lib/parts.js";
import { isSame } from "../../lib/paths.js";
import { withMode, without } from "../../lib/request.js";
import { focusSelected } from "./action.js";

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
  const lay = layer(store, known);
  for (const id of ["compare-ready", "compare-readies"]) {
    find(id).append(...known.map((ready) => make("li", {}, item(ready, lay))));
  }
  // These go when they have done their work; the menu keeps the focus itself.
  find("compare-readies").addEventListener("click", focusSelected);
}

/**
 * Lays a comparison over the input at hand, or over its own: then the next one finds the input
 * from before it again, for others cannot do with those numbers.
 * @param {Store} store
 * @param {Ready[]} readies
 */
function layer(store, readies) {
  /** @type {Request | null} */
  let before = null;
  return (/** @type {Ready} */ ready) => {
    const { request } = store.get();
    const brought = readies.find(({ input }) => input && isSame(without(request, ["spec"]), input));
    // A link may have come with such numbers: then their names are the tokens to go on with.
    const own = brought ? (before ?? named(request)) : request;
    if (ready.input) before = own;
    const base = ready.input ? { ...ready.input, spec: own.spec } : own;
    const isNew = Boolean(brought ?? ready.input);
    store.set({
      ...withLaid(base, ready.specs),
      pointed: null,
      ...(isNew ? { cell: null, head: 0, zoom: null } : {}),
    });
  };
}

/**
 * @param {Request} request numbers with labels
 * @returns {Request}
 */
function named(request) {
  const { query_labels: query = [], key_labels: key = [] } = request;
  return withMode(request, "tokens", { query, key });
}

/**
 * @param {Ready} ready
 * @param {(ready: Ready) => void} lay
 */
function item(ready, lay) {
  const hint = make("span", { class: "menu__hint", text: t(ready.says) });
  const button = make("button", { class: "menu__item", type: "button" }, t(ready.title), hint);
  button.addEventListener("click", () => lay(ready));
  return button;
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
