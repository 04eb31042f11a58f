// @ts-check
/** The examples: whole states of the page, one click away. */

import { find, make } from "../lib/dom.js";
import { t } from "../lib/i18n.js";

/** @import { Store } from "../store.js" */
/** @import { Cell, Request } from "../types.js" */

/** @typedef {{title: string, says: string, request: Request, head?: number, cell?: Cell}} Example */

/**
 * @param {Store} store
 * @param {Example[]} examples
 */
export function mountExamples(store, examples) {
  const list = find("examples");
  for (const example of examples) {
    const button = make(
      "button",
      { class: "menu__item", type: "button" },
      t(example.title),
      make("span", { class: "menu__hint", text: t(example.says) }),
    );
    button.addEventListener("click", () => showExample(store, example));
    list.append(make("li", {}, button));
  }
}

/**
 * @param {Store} store
 * @param {Example} example
 */
export function showExample(store, { request, head = 0, cell }) {
  store.set({ request, head, cell: cell ?? null, compare: null, pointed: null, zoom: null });
}
