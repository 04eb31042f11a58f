// @ts-check
/** The columns, drawn together on their shared scales. */

import { find } from "../../lib/dom.js";
import { MOST, specsOf } from "../../lib/compare/columns.js";
import { mountColumn } from "./column.js";
import { scalesOf, shownColumns } from "./shown.js";
import { mountSpoken } from "./spoken.js";

/** @import { Store } from "../../store.js" */
/** @import { Catalogue } from "../../types.js" */
/** @import { Shown } from "./shown.js" */

/**
 * @param {Store} store
 * @param {Catalogue} catalogue
 */
export function mountColumns(store, catalogue) {
  const place = find("compare-columns");
  const start = find("compare-start");
  const columns = Array.from({ length: MOST }, (_, index) => mountColumn(store, index));
  start.before(...columns.map(({ element }) => element));
  /** @type {Shown[]} */
  let shown = [];
  let last = 0;
  const light = () => columns.forEach((column, index) => shown[index] && column.light(shown));
  const speak = mountSpoken(store, () => shown);
  const redraw = () => {
    const state = store.get();
    const count = find("compare").hidden ? 0 : specsOf(state).length;
    columns.forEach(({ element }, index) => (element.hidden = index >= count));
    start.hidden = count !== 1;
    place.dataset.count = String(count);
    if (count === 0) return;
    shown = shownColumns(state, catalogue, columns[0].width());
    columns.slice(0, count).forEach((column, index) => column.show(shown[index], shown[0]));
    find("compare-says").textContent = scalesOf(shown);
    light();
    speak();
    const selected = state.compare?.selected ?? 0;
    if (selected !== last) bringIn(place, columns[selected].element);
    last = selected;
  };
  let frame = 0;
  const later = () => {
    cancelAnimationFrame(frame);
    frame = requestAnimationFrame(redraw);
  };
  store.watch(["compare", "request", "outcomes", "head", "zoom"], later);
  store.watch(["pointed", "cell"], light);
  new ResizeObserver(later).observe(place);
  document.addEventListener("themechange", later);
}

/**
 * Scroll the columns, and nothing but the columns, until one is seen whole.
 * @param {HTMLElement} place
 * @param {HTMLElement} element
 */
function bringIn(place, element) {
  const [outer, inner] = [place, element].map((each) => each.getBoundingClientRect());
  const isSeen = inner.left >= outer.left - 1 && inner.right <= outer.right + 1;
  if (!isSeen) place.scrollBy({ left: inner.left - outer.left });
}
