// @ts-check
/** One choice of a head for all columns; a column with fewer heads shows its last. */

import { mostHeads } from "../../lib/compare/outcomes.js";
import { find, make } from "../../lib/dom.js";
import { t } from "../../lib/i18n.js";

/** @import { Store } from "../../store.js" */

/**
 * @param {Store} store
 */
export function mountCompareHeads(store) {
  const place = find("compare-heads");
  let count = 0;
  place.addEventListener("change", (event) => {
    const head = Number(/** @type {HTMLInputElement} */ (event.target).value);
    const { cell } = store.get();
    store.set({ head, cell: cell && { ...cell, head }, pointed: null });
  });
  store.watch(["compare", "outcomes", "head"], ({ compare, outcomes, head }) => {
    const most = mostHeads(outcomes);
    place.hidden = !compare || most < 2;
    if (most !== count) {
      count = most;
      const name = make("span", { class: "compare-heads__name", text: t("Head") });
      place.replaceChildren(name, ...Array.from({ length: most }, (_, each) => choice(each)));
    }
    const shown = Math.min(Number(head) || 0, most - 1);
    for (const input of place.querySelectorAll("input")) {
      input.checked = Number(input.value) === shown;
    }
  });
}

/** @param {number} head */
function choice(head) {
  const name = t("head {head}", { head: head + 1 });
  const input = make("input", { type: "radio", name: "compare-head", value: head });
  input.setAttribute("aria-label", name);
  return make("label", { class: "segments__choice", title: name }, input, String(head + 1));
}
