// @ts-check
/** The cells over the picture of all heads: what each is called, and what is true of all. */

import { layerNumber } from "../../lib/captures/layers.js";
import { find, make } from "../../lib/dom.js";
import { spoken, t } from "../../lib/i18n.js";
import { showShort } from "../../lib/numbers.js";

/** @import { Capture, Grid } from "../../lib/captures/types.js" */

/**
 * @param {HTMLElement} place
 * @param {Grid} grid
 * @param {Capture | null} capture
 */
export function buildCells(place, { shape: [layers, heads] }, capture) {
  const rows = Array.from({ length: layers }, (_, layer) => {
    const cells = Array.from({ length: heads }, (_, head) =>
      make("div", {
        class: "headgrid__cell",
        role: "gridcell",
        tabindex: -1,
        "data-layer": layer,
        "data-head": head,
        "aria-label": t("layer {layer}, head {head}", {
          layer: layerNumber(capture, layer),
          head: head + 1,
        }),
      }),
    );
    const number = make("span", { class: "headgrid__number", "aria-hidden": "true" });
    number.textContent = String(layerNumber(capture, layer));
    return make("div", { class: "headgrid__row", role: "row" }, number, ...cells);
  });
  const numbers = Array.from({ length: heads }, (_, head) => make("span", { text: head + 1 }));
  const top = make("div", { class: "headgrid__top", "aria-hidden": "true" }, ...numbers);
  const canvas = make("canvas", { id: "grid-canvas", "aria-hidden": "true" });
  canvas.className = "headgrid__canvas";
  place.replaceChildren(top, canvas, ...rows);
}

/**
 * Each head is shaded up to its own largest weight, which is told beside the pointer.
 * @param {HTMLElement} place
 * @param {Grid} grid
 */
export function nameHeads(place, { scale }) {
  for (const cell of place.querySelectorAll("[data-head]")) {
    const { layer, head } = /** @type {HTMLElement} */ (cell).dataset;
    const most = showShort(scale[Number(layer)][Number(head)]);
    cell.setAttribute("title", t("largest weight {weight}", { weight: most }));
  }
}

/**
 * Of long captures some rows were looked at.
 * @param {Grid} grid
 */
export function tellSample({ sampled, cell }) {
  const place = find("grid-sampled");
  place.hidden = !sampled;
  if (!sampled) return;
  const all = cell[0].toLocaleString(spoken());
  place.textContent = t("sampled: {some} of {all} rows", { some: sampled.queries, all });
}
