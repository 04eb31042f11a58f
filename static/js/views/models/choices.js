// @ts-check
/** The models to choose from: what each is, and whether it is here. */

import { find, make } from "../../lib/dom.js";
import { t } from "../../lib/i18n.js";
import { sizesIn } from "../layers.js";
import { sizeOf } from "../../lib/captures/sizes.js";

/** @import { Model } from "../../lib/captures/types.js" */

/** @param {(model: Model) => void} choose */
export function mountChoices(choose) {
  const list = find("models-list");
  /** @type {Model[]} */
  let models = [];
  list.addEventListener("change", (event) => {
    const { value } = /** @type {HTMLInputElement} */ (event.target);
    const chosen = models.find(({ name }) => name === value);
    if (chosen) choose(chosen);
  });
  return {
    /** @param {Model[]} found */
    show(found) {
      const before = /** @type {HTMLInputElement | null} */ (list.querySelector(":checked"))?.value;
      models = found;
      list.replaceChildren(...found.map(choiceOf));
      const isHere = (/** @type {Model} */ { state }) => state === "here" || state === "loaded";
      const first = found.find(({ name }) => name === before) ?? found.find(isHere) ?? found[0];
      if (!first) {
        list.replaceChildren(
          make("p", { class: "field__summary", text: t("No model is offered here.") }),
        );
        return;
      }
      const inputs = /** @type {NodeListOf<HTMLInputElement>} */ (list.querySelectorAll("input"));
      for (const input of inputs) input.checked = input.value === first.name;
      choose(first);
    },
  };
}

/** @param {Model} model */
function choiceOf(model) {
  const { name, title, summary, n_layers: layers, n_heads: heads } = model;
  const input = make("input", { type: "radio", name: "model", value: name });
  const sizes = make("span", { class: "models__sizes" });
  if (layers && heads) {
    sizes.title = sizesIn(layers, heads);
    sizes.textContent = `${layers} × ${heads}`;
  }
  return make(
    "label",
    { class: "models__choice" },
    input,
    make("span", { class: "models__name", text: t(title) }),
    sizes,
    make("span", { class: "models__state", text: stateOf(model) }),
    make("span", { class: "models__summary", text: t(summary) }),
    model.problem
      ? make("span", { class: "models__failed", lang: "en", text: model.problem.detail })
      : null,
  );
}

/** @param {Model} model */
function stateOf({ state, n_bytes: bytes }) {
  const size = bytes === null ? "" : sizeOf(bytes);
  /** @type {Record<Model["state"], string>} */
  const words = {
    loaded: t("loaded"),
    here: t("here"),
    loading: t("loading"),
    failed: t("could not be opened"),
    not_downloaded: size ? t("downloads {size}", { size }) : t("downloads on first use"),
  };
  return words[state];
}
