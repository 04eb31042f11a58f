// @ts-check
/** One matrix: its drawing, what the pointer and the keys do on it, and what is lit. */

import { matrixFigure } from "../figures/matrix.js";
import { find } from "../lib/dom.js";
import { draw, listen } from "../plotly.js";
import { lightUp } from "./lights.js";
import { chooseCell, point, walk } from "./selection.js";
import { zoomTo } from "./zoom.js";

/** @import { Store } from "../store.js" */
/** @import { PanelName } from "../types.js" */
/** @import { Picture } from "../figures/matrix.js" */
/** @import { Hit } from "../plotly.js" */

/**
 * @param {Store} store
 * @param {PanelName} name
 */
export function mountPanel(store, name) {
  const place = find(name);
  const plot = /** @type {HTMLElement} */ (place.querySelector(".panel__plot"));
  const lights = /** @type {HTMLElement} */ (place.querySelector(".panel__lights"));
  /** @type {Picture | null} */
  let picture = null;
  let isListening = false;
  const light = () => picture && lightUp(lights, picture, store.get(), name);
  /** @param {Hit} hit */
  const pointed = ({ trace, row, column }) => {
    const head = picture?.shown[trace];
    return head === undefined ? null : { head, query: row, column, panel: name };
  };
  store.watch(["pointed", "cell"], light);
  place.addEventListener("keydown", (event) => walk(store, name, event));
  place.addEventListener("blur", () => store.set({ pointed: null }));
  return {
    width: () => place.clientWidth,
    /** @param {Picture} next */
    show(next) {
      picture = next;
      draw(plot, matrixFigure(next));
      light();
      if (isListening) return;
      isListening = true;
      listen(plot, {
        pointed: (hit) => point(store, pointed(hit)),
        left: () => point(store, null),
        chosen: (hit) => chooseCell(store, pointed(hit)),
        moved: (changes) => zoomTo(store, name, changes),
      });
    },
  };
}
