// @ts-check
/** The formula above each matrix, and the true words below it. */

import { find, make } from "../lib/dom.js";
import { t } from "../lib/i18n.js";
import { formula } from "../lib/mathml.js";
import { choiceOf, isSeeded, valuesOf } from "../lib/parts.js";
import { outputsBadge, scoresBadge, weightsBadge } from "./badges.js";

/** @import { Store } from "../store.js" */
/** @import { Catalogue } from "../types.js" */

/**
 * @param {Store} store
 * @param {Catalogue} catalogue
 */
export function mountFormulas(store, catalogue) {
  store.watch(["answer"], ({ answer }) => {
    find("seeded").hidden = !answer || !isSeeded(answer.request, catalogue);
    find("notes").hidden = !answer?.notes.length;
    if (!answer) return;
    const { spec } = answer;
    const { parts } = catalogue;
    /** @param {string} part @param {any} value @param {string} name */
    const main = (part, value, name) =>
      formula(choiceOf(parts[part], value.kind)?.mathml ?? "", { name, indices: ["i", "j"] });
    /** @param {string} part @param {any} value */
    const also = (part, value) => {
      const choice = choiceOf(parts[part], value.kind);
      if (!choice || value.kind === parts[part].default) return [];
      const name = make("span", { text: `${t(choice.title)}  ` });
      return [make("span", { class: "panel__also" }, name, formula(choice.mathml ?? "", null))];
    };
    const masks = spec.mask
      .filter((/** @type {any} */ mask) => mask.kind !== parts.mask.default)
      .map((/** @type {any} */ mask) =>
        make("span", { class: "panel__also", text: valuesOf(mask, parts.mask, parts, t) }),
      );
    const around = [...also("position", spec.position), ...masks];
    find("scores-formula").replaceChildren(main("score", spec.score, "s"), ...around);
    const weigh = main("normalizer", spec.normalizer, "w");
    find("weights-formula").replaceChildren(weigh, ...also("heads", spec.heads));
    find("scores-badge").textContent = scoresBadge(answer);
    find("weights-badge").textContent = weightsBadge(answer);
    find("outputs-badge").textContent = outputsBadge(answer);
    find("notes").replaceChildren(
      ...answer.notes.map(({ message }) => make("li", { text: message, lang: "en" })),
    );
  });
}
