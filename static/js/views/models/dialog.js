// @ts-check
/** Using a model: a dialog that asks which one and for what, and leads to the capture. */

import { ProblemError } from "../../ask.js";
import { fetchCaptures } from "../../captures.js";
import { fetchModels } from "../../models.js";
import { find, make } from "../../lib/dom.js";
import { detailOf, wordsFor } from "../banner.js";
import { addressOf, goTo } from "./address.js";
import { mountChoices } from "./choices.js";
import { mountForm } from "./form.js";

/** @import { Store } from "../../store.js" */
/** @import { Problem } from "../../types.js" */

const KEPT = 5;

/** @param {Store} store the workbench's */
export function mountModels(store) {
  const dialog = /** @type {HTMLDialogElement} */ (find("models"));
  const form = mountForm(store, { refused: showRefused, captured: goTo });
  const choices = mountChoices(form.choose);
  const open = async () => {
    showRefused(null);
    dialog.showModal();
    try {
      choices.show(await fetchModels());
      showKept(await fetchCaptures(KEPT));
    } catch (error) {
      if (!(error instanceof ProblemError)) throw error;
      showRefused(error.problem);
    }
  };
  for (const button of document.querySelectorAll("[data-open-models]")) {
    button.addEventListener("click", open);
  }
}

/** @param {import("../../lib/captures/types.js").Capture[]} captures */
function showKept(captures) {
  const kept = captures.filter(({ state }) => state !== "failed");
  find("models-kept").hidden = kept.length === 0;
  const lines = kept.map(({ id, name, source }) => {
    const link = make("a", { href: addressOf(id) }, make("bdi", { text: name || id }));
    const model = source.model ? ` · ${source.model}` : "";
    return make("li", { class: "models__one" }, link, make("span", { text: model }));
  });
  find("models-kept-list").replaceChildren(...lines);
}

/** @param {Problem | null} problem what no field is at fault for */
function showRefused(problem) {
  const place = find("models-problem");
  place.hidden = !problem;
  if (!problem) return;
  const [title, way] = wordsFor(problem, false);
  place.replaceChildren(
    make("p", { class: "banner__title", text: title }),
    detailOf(problem),
    ...(way ? [make("p", { class: "banner__way", text: way })] : []),
  );
}
