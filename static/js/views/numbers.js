// @ts-check
/** Queries, keys and values as pasted numbers. */

import { make } from "../lib/dom.js";
import { t } from "../lib/i18n.js";
import { withNumbers } from "../lib/given.js";
import { numbersInput } from "./pasted.js";
import { clearProblem, showProblem } from "./problems.js";

/** @import { Store } from "../store.js" */

const NAMES = /** @type {const} */ (["query", "key", "value"]);

/**
 * @param {Store} store
 * @param {HTMLElement} place
 */
export function mountNumbers(store, place) {
  const titles = { query: t("Q: queries"), key: t("K: keys"), value: t("V: values") };
  const inputs = NAMES.map((name) => {
    const element = make("div", { class: "field", "data-path": name });
    const input = numbersInput(
      { shapes: ["rows"] },
      {
        "aria-label": titles[name],
        placeholder: name === "value" ? t("the keys") : t("one row a line"),
      },
      {
        changed(rows) {
          clearProblem(element);
          store.set({ request: withNumbers(store.get().request, name, rows), cell: null });
        },
        refused: (message) => showProblem(element, message),
      },
    );
    element.append(make("span", { class: "field__label", text: titles[name] }), input.element);
    place.append(element);
    return input;
  });
  place.classList.add("fields");
  store.watch(["request"], ({ request }) => {
    NAMES.forEach((name, index) => inputs[index].update(request[name]));
  });
}
