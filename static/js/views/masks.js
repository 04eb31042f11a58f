// @ts-check
/** The masks of a spec in words: titles, formulas and values, all from the catalogue. */

import { t } from "../lib/i18n.js";
import { choiceOf, told, toldAll } from "../lib/parts.js";
import { fieldsOf } from "../lib/schema.js";

/** @import { Catalogue } from "../types.js" */
/** @import { Told } from "../lib/parts.js" */

/**
 * The titles of all masks of a spec.
 * @param {Record<string, any>} spec resolved
 * @param {Catalogue} catalogue
 */
export function maskTitles({ mask }, { parts }) {
  return toldAll(mask, parts.mask).map(({ kind }) => t(choiceOf(parts.mask, kind)?.title ?? kind));
}

/**
 * All masks of a spec, each with its rule.
 * @param {Record<string, any>} spec resolved
 * @param {Catalogue} catalogue
 */
export function maskRules({ mask }, { parts }) {
  return toldAll(mask, parts.mask)
    .map((each) => rule(each, parts))
    .join(" ∧ ");
}

/**
 * @param {Told} value
 * @param {Catalogue["parts"]} parts
 * @returns {string}
 */
function rule(value, parts) {
  const choice = choiceOf(parts.mask, value.kind);
  if (!choice) return value.kind;
  const values = fieldsOf(choice.parameters).flatMap(({ name, title, part }) => {
    const held = value[name];
    if (part) return [held].flat().map((member) => rule(told(member, parts[part]), parts));
    // A matrix is too long for a sentence.
    const isLong = Array.isArray(held) && Array.isArray(held[0]);
    return held === undefined || held === null || isLong ? [] : [`${t(title)}: ${words(held)}`];
  });
  return `${t(choice.title)} (${[choice.formula, ...values].join("; ")})`;
}

/** @param {any} held */
function words(held) {
  if (Array.isArray(held)) return held.join(", ");
  return typeof held === "string" ? t(held.replaceAll("_", " ")) : String(held);
}
