// @ts-check
/** What the chosen model is to read, and sending it. */

import { ProblemError } from "../../ask.js";
import { captureImage, captureText } from "../../models.js";
import { faultsOf, firstText, takesImage, takesText } from "../../lib/captures/asking.js";
import { find } from "../../lib/dom.js";
import { t } from "../../lib/i18n.js";
import { clearProblem, showProblem } from "../problems.js";
import { mountExamplesOf } from "./examples.js";
import { mountPicked } from "./picked.js";

/** @import { Store } from "../../store.js" */
/** @import { Model } from "../../lib/captures/types.js" */
/** @import { Problem } from "../../types.js" */

const FIELDS = ["model", "text", "image", "generate", "target"];

/** @typedef {{refused: (problem: Problem | null) => void, captured: (id: string) => void}} Tell */

/**
 * @param {Store} store the workbench's
 * @param {Tell} tell
 */
export function mountForm(store, { refused, captured }) {
  const text = /** @type {HTMLTextAreaElement} */ (find("models-text"));
  const button = /** @type {HTMLButtonElement} */ (find("models-capture"));
  const picked = mountPicked();
  const examples = mountExamplesOf({ text, picked });
  /** @type {Model | null} */
  let model = null;
  let isWritten = false;
  text.addEventListener("input", () => (isWritten = true));
  const send = async () => {
    if (!model) return;
    FIELDS.forEach((field) => clearProblem(placeOf(field)));
    refused(null);
    const image = takesImage(model) ? picked.file() : null;
    if (!image && !takesText(model)) {
      return showProblem(placeOf("image"), t("Choose an image first."));
    }
    button.disabled = true;
    find("models-note").textContent = t("Sending");
    try {
      const name = model.name;
      const { id } = image
        ? await captureImage({ model: name, text: takesText(model) ? text.value : "", image })
        : await captureText(sourceOf(model, text.value));
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
      FIELDS.forEach((field) => clearProblem(placeOf(field)));
      placeOf("text").hidden = !takesText(chosen);
      placeOf("image").hidden = !takesImage(chosen);
      find("models-writing").hidden = !chosen.can_generate;
      if (!isOther) return;
      if (!isWritten || chosen.source === "zoo")
        text.value = firstText(chosen, store.get().request);
      isWritten = isWritten && chosen.source !== "zoo";
      /** @type {HTMLDetailsElement} */ (find("models-writing")).open = chosen.source !== "zoo";
      picked.clear();
      examples.show(chosen);
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

/** @param {string} field */
function placeOf(field) {
  return /** @type {HTMLElement} */ (find("models").querySelector(`[data-path="source.${field}"]`));
}

/**
 * Each fault beside its field, and what is about none of them below all.
 * @param {Problem} problem
 * @param {(problem: Problem) => void} refused
 */
function showFaults(problem, refused) {
  const faults = faultsOf(problem, FIELDS);
  for (const { field, message } of faults) {
    if (!field) continue;
    placeOf(field).closest("details")?.setAttribute("open", "");
    showProblem(placeOf(field), message, { isFromServer: true });
  }
  const isTold = faults.some(({ field }) => field && placeOf(field).checkVisibility());
  if (!isTold) refused(problem);
}
