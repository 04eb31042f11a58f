// @ts-check
/** The formula above each matrix, and the true words below it. */

import { find, make } from "../lib/dom.js";
import { t } from "../lib/i18n.js";
import { formula } from "../lib/mathml.js";
import { choiceOf, isSeeded, valuesOf } from "../lib/parts.js";

/** @import { Store } from "../store.js" */
/** @import { Answer, Catalogue } from "../types.js" */

const LARGEST_SLIP = 1e-4;

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
    find("weights-formula").replaceChildren(main("normalizer", spec.normalizer, "w"));
    find("scores-badge").textContent = scoresBadge(answer);
    find("weights-badge").textContent = weightsBadge(answer, isStochastic(spec, catalogue));
    find("outputs-badge").textContent = outputsBadge(answer);
    find("notes").replaceChildren(
      ...answer.notes.map(({ message }) => make("li", { text: message, lang: "en" })),
    );
  });
}

/**
 * @param {Record<string, any>} spec
 * @param {Catalogue} catalogue
 */
function isStochastic({ normalizer }, { parts }) {
  return choiceOf(parts.normalizer, normalizer.kind)?.flags.row_stochastic ?? false;
}

/** @param {Answer} answer */
function scoresBadge({ scores }) {
  // A mask is the same for every head.
  const first = scores.data.subarray(0, scores.shape[1] * scores.shape[2]);
  const masked = first.reduce((count, value) => count + Number(Number.isNaN(value)), 0);
  if (masked === 0) return t("every cell allowed");
  return t("{masked} of {all} cells forbidden", { masked, all: first.length });
}

/**
 * @param {Answer} answer
 * @param {boolean} isPromised that rows sum to one
 */
function weightsBadge({ weights: { shape, data }, emptyRows }, isPromised) {
  const keys = shape[2];
  let isTrue = isPromised;
  for (let start = 0; start < data.length && isTrue; start += keys) {
    let sum = 0;
    for (let index = start; index < start + keys; index += 1) sum += data[index] || 0;
    isTrue = sum === 0 || Math.abs(sum - 1) < LARGEST_SLIP;
  }
  const parts = [isTrue ? "✓" : "", isTrue ? t("rows sum to 1") : t("rows need not sum to 1")];
  if (emptyRows.length > 0) {
    parts.push("·", t("rows with every key forbidden: {count}", { count: emptyRows.length }));
  }
  return parts.filter(Boolean).join(" ");
}

/** @param {Answer} answer */
function outputsBadge({ outputs, emptyRows }) {
  const parts = [t("features of a head: {count}", { count: outputs.shape[2] })];
  if (emptyRows.length > 0) parts.push(t("hatched rows take nothing: zero"));
  return parts.join(" · ");
}
