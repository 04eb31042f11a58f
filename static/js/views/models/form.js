// @ts-check
/** What the chosen model is to read, and sending it. */

import { ProblemError } from "../../ask.js";
import { captureImage, captureText } from "../../models.js";
import { firstText, isWorthEstimate, takesImage, takesText } from "../../lib/captures/asking.js";
import { find } from "../../lib/dom.js";
import { t } from "../../lib/i18n.js";
import { mountEstimate } from "./estimate.js";
import { mountExamplesOf } from "./examples.js";
import { clearFaults, placeOf, showFault, showFaults } from "./faults.js";
import { mountKeeping } from "./keeping.js";
import { mountPicked } from "./picked.js";

/** @import { Store } from "../../store.js" */
/** @import { Model } from "../../lib/captures/types.js" */
/** @import { Problem } from "../../types.js" */

/** @typedef {{refused: (problem: Problem | null) => void, captured: (id: string) => void}} Tell */

/**
 * @param {Store} store the workbench's
 * @param {Tell} tell
 */
export function mountForm(store, { refused, captured }) {
  const text = /** @type {HTMLTextAreaElement} */ (find("models-text"));
  const button = /** @type {HTMLButtonElement} */ (find("models-capture"));
  const picked = mountPicked();
  const keeping = mountKeeping();
  /** @type {Model | null} */
  let model = null;
  let isWritten = false;
  const estimate = mountEstimate({
    wanted: () => {
      const kept = keeping.read();
      if (!model || !kept || !isWorthEstimate(model, text.value)) return null;
      return { ...sourceOf(model, text.value), ...kept };
    },
    keepOnly: keeping.keepOnly,
  });
  const examples = mountExamplesOf({ text, picked, changed: estimate.again });
  text.addEventListener("input", () => (isWritten = true));
  find("models-form").addEventListener("input", estimate.again);
  const send = async () => {
    if (!model) return;
    clearFaults();
    refused(null);
    const image = takesImage(model) ? picked.file() : null;
    const kept = keeping.read();
    if (!image && !takesText(model)) return showFault("image", t("Choose an image first."));
    if (!kept) return showFault("layers", t("Write numbers of layers, such as 1–3, 12."));
    button.disabled = true;
    find("models-note").textContent = t("Sending");
    try {
      const name = model.name;
      const { id } = image
        ? await captureImage({ model: name, text: takesText(model) ? text.value : "", image })
        : await captureText({ ...sourceOf(model, text.value), ...kept });
      captured(id);
    } catch (error) {
      if (!(error instanceof ProblemError)) throw error;
      showFaults(error.problem, refused);
      button.disabled = false;
      find("models-note").textContent = "";
    }
  };
  // A page that is come back to may be as it was left: sending.
  window.addEventListener("pageshow", ({ persisted }) => {
    if (!persisted) return;
    button.disabled = !model;
    find("models-note").textContent = "";
  });
  find("models-form").addEventListener("submit", (event) => {
    event.preventDefault();
    send();
  });
  return {
    /** @param {Model} chosen */
    choose(chosen) {
      const isOther = chosen.name !== model?.name;
      model = chosen;
      button.disabled = false;
      find("models-fields").hidden = false;
      clearFaults();
      placeOf("text").hidden = !takesText(chosen);
      placeOf("image").hidden = !takesImage(chosen);
      find("models-writing").hidden = !chosen.can_generate;
      if (!isOther) return;
      if (!isWritten || chosen.source === "zoo")
        text.value = firstText(chosen, store.get().request);
      isWritten = isWritten && chosen.source !== "zoo";
      /** @type {HTMLDetailsElement} */ (find("models-writing")).open = chosen.source !== "zoo";
      picked.clear();
      keeping.show(chosen);
      examples.show(chosen);
      estimate.again();
    },
  };
}

/**
 * @param {Model} model
 * @param {string} text
 */
function sourceOf({ name, can_generate: canGenerate }, text) {
  const generate = /** @type {HTMLInputElement} */ (find("models-generate"));
  const target = /** @type {HTMLInputElement} */ (find("models-target"));
  const more = canGenerate
    ? { generate: generate.valueAsNumber || 0, target: target.value || null }
    : {};
  return { kind: "model", model: name, text, ...more };
}
