// @ts-check
/** The formula above each matrix, and the true words below it. */

import { find, make } from "../lib/dom.js";
import { t } from "../lib/i18n.js";
import { scoreMaker } from "../lib/makers.js";
import { formula } from "../lib/mathml.js";
import { choiceOf, isSeeded, valuesOf } from "../lib/parts.js";
import { outputsBadge, scoresBadge, weightsBadge } from "./badges.js";
import { shownHeads } from "./panels.js";

/** @import { Store } from "../store.js" */
/** @import { Answer, Catalogue } from "../types.js" */

/**
 * @param {Store} store
 * @param {Catalogue} catalogue
 */
export function mountFormulas(store, catalogue) {
  const outputs = [...find("outputs-formula").children];
  store.watch(["answer"], ({ answer }) => {
    find("seeded").hidden = !answer || !isSeeded(answer.request, catalogue);
    find("notes").hidden = !answer?.notes.length;
    if (!answer) return;
    const { scores, weights, heads } = formulas(answer, catalogue);
    find("scores-formula").replaceChildren(...scores);
    find("weights-formula").replaceChildren(...weights, ...heads("weights"));
    find("outputs-formula").replaceChildren(...outputs, ...heads("outputs"));
    find("notes").replaceChildren(
      ...answer.notes.map(({ message }) => make("li", { text: message, lang: "en" })),
    );
  });
  store.watch(["answer", "head"], (state) => {
    const { answer } = state;
    if (!answer) return;
    const heads = shownHeads(state);
    find("scores-badge").textContent = scoresBadge(answer);
    find("weights-badge").textContent = weightsBadge(answer, heads);
    find("outputs-badge").textContent = outputsBadge(answer, heads);
  });
}

/**
 * The formulas of an answer; those of its heads stand with the matrix that they tell of.
 * @param {Answer} answer
 * @param {Catalogue} catalogue
 */
function formulas({ spec }, { parts }) {
  const maker = scoreMaker(spec, parts);
  const score = maker?.score_mathml
    ? formula(maker.score_mathml, null)
    : formula(maker?.mathml ?? "", { name: "s", indices: ["i", "j"] });
  const normalizer = choiceOf(parts.normalizer, spec.normalizer.kind);
  const weigh = formula(normalizer?.mathml ?? "", { name: "w", indices: ["i", "j"] });
  /** @param {string} part */
  const also = (part) => {
    const choice = choiceOf(parts[part], spec[part].kind);
    if (!choice || choice.kind === parts[part].default) return [];
    const name = make("span", { text: t("with {part}:", { part: t(choice.title) }) });
    return [make("span", { class: "panel__also" }, name, formula(choice.mathml ?? "", null))];
  };
  const masks = spec.mask
    .filter((/** @type {any} */ mask) => mask.kind !== parts.mask.default)
    .map((/** @type {any} */ mask) =>
      make("span", { class: "panel__also", text: valuesOf(mask, parts.mask, parts, t) }),
    );
  const { panel } = choiceOf(parts.heads, spec.heads.kind) ?? {};
  return {
    scores: [score, ...also("position"), ...masks],
    weights: [weigh],
    /** @param {string} name */
    heads: (name) => (panel === name ? also("heads") : []),
  };
}
