// @ts-check
/** One matrix of a column: what the pointer and the keys do on it is done to all. */

import { make } from "../../lib/dom.js";
import { t } from "../../lib/i18n.js";
import { draw, listen } from "../../plotly.js";
import { lightUp } from "../lights.js";
import { chooseCell, headOf, point, walk } from "../selection.js";
import { zoomTo } from "../zoom.js";

/** @import { Store } from "../../store.js" */
/** @import { Pointed, State } from "../../types.js" */
/** @import { Picture } from "../../figures/matrix.js" */
/** @import { Hit } from "../../plotly.js" */

/**
 * @param {Store} store
 * @param {"weights" | "difference"} what
 */
export function mountPicture(store, what) {
  const plot = make("div", { class: "panel__plot", "aria-hidden": "true" });
  const lights = make("div", { class: "panel__lights", "aria-hidden": "true" });
  const element = make(
    "div",
    {
      class: `column__picture column__picture--${what}`,
      tabindex: 0,
      role: "application",
      "aria-roledescription": t("matrix"),
      "aria-describedby": "keys-short",
      hidden: true,
    },
    plot,
    lights,
  );
  /** @type {Picture | null} */
  let picture = null;
  let isListening = false;
  /** @param {Hit} hit @returns {Pointed | null} */
  const pointed = ({ trace, row, column }) => {
    const head = headOf(store.get());
    return trace === 0 ? { head, query: row, column, panel: "weights" } : null;
  };
  element.addEventListener("keydown", (event) => walk(store, "weights", event));
  element.addEventListener("blur", () => store.set({ pointed: null }));
  return {
    element,
    /**
     * @param {Picture | null} next
     * @param {(picture: Picture) => {data: object[], layout: object}} figure
     * @param {string} name
     */
    show(next, figure, name) {
      picture = next;
      element.hidden = !next;
      if (!next) return;
      element.setAttribute("aria-label", name);
      draw(plot, figure(next));
      if (isListening) return;
      isListening = true;
      listen(plot, {
        pointed: (hit) => point(store, pointed(hit)),
        left: () => point(store, null),
        chosen: (hit) => chooseCell(store, pointed(hit)),
        moved: (changes) => zoomTo(store, "weights", changes),
      });
    },
    /** Columns may show different heads: what is marked is the same place in each. @param {State} state */
    light(state) {
      if (!picture) return;
      const marked = {
        ...state,
        pointed: state.pointed && { ...state.pointed, head: 0 },
        cell: state.cell && { ...state.cell, head: 0 },
      };
      lightUp(lights, { ...picture, shown: [0] }, marked, "weights");
    },
  };
}
