// @ts-check
/** What is kept of a model: which layers, and whether values too. */

import { takesImage } from "../../lib/captures/asking.js";
import { layersOf, writeLayers } from "../../lib/captures/layers.js";
import { find } from "../../lib/dom.js";

/** @import { Model } from "../../lib/captures/types.js" */

/** Mount the choice. */
export function mountKeeping() {
  const place = /** @type {HTMLDetailsElement} */ (find("models-keeping"));
  const choices = find("models-layers");
  const own = /** @type {HTMLInputElement} */ (find("models-own"));
  const values = /** @type {HTMLInputElement} */ (find("models-values"));
  /** @type {number | null} */
  let count = null;
  /** @param {string} value */
  const inputOf = (value) =>
    /** @type {HTMLInputElement} */ (choices.querySelector(`[value="${value}"]`));
  const chosen = () =>
    /** @type {any} */ (choices.querySelector(":checked") ?? inputOf("all")).value;
  const showOwn = () => (own.hidden = chosen() !== "own");
  choices.addEventListener("change", () => {
    showOwn();
    if (!own.hidden) own.focus();
  });
  return {
    /** @param {Model} model another than before */
    show(model) {
      count = model.n_layers;
      // With an image all layers are kept: it is sent as it is, without a form.
      place.hidden = takesImage(model);
      inputOf("all").checked = true;
      own.value = "";
      values.checked = false;
      for (const value of ["fourth", "last"]) inputOf(value).disabled = count === null;
      showOwn();
    },
    /** @param {number[]} layers counted from zero */
    keepOnly(layers) {
      inputOf("own").checked = true;
      own.value = writeLayers(layers);
      place.open = true;
      showOwn();
    },
    /** @returns {{layers?: number[], values?: boolean} | null} null where the list is none */
    read() {
      const layers = layersOf(chosen(), { own: own.value, count });
      if (layers === undefined) return null;
      return { ...(layers ? { layers } : {}), ...(values.checked ? { values: true } : {}) };
    },
  };
}
