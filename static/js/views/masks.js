// @ts-check
/** The masks of a spec in words: titles, formulas and values, all from the catalogue. */

import { t } from "../lib/i18n.js";
import { choiceOf, told, toldAll, wordOf } from "../lib/parts.js";
import { fieldsOf } from "../lib/schema.js";

/** @import { Catalogue } from "../types.js" */
/** @import { Told } from "../lib/parts.js" */

/** More members of a list than this are too many for a sentence. */
const MOST = 12;

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
  const fields = fieldsOf(choice.parameters);
  const values = fields.flatMap(({ name, title, shapes, part }) => {
    const held = value[name];
    if (part) return [held].flat().map((member) => rule(told(member, parts[part]), parts));
    if (held === undefined || held === null || Array.isArray(held[0])) return []; // a matrix
    const words = shapes.includes("options") ? t(wordOf(held)) : listed(held);
    return [`${t(title)}: ${words}`];
  });
  // A rule in the reader's own words needs no other.
  const isTold = fields.some(({ name, shapes }) => shapes[0] === "text" && value[name]);
  const rules = isTold ? values : [choice.formula, ...values];
  return `${t(choice.title)} (${rules.join("; ")})`;
}

/** @param {any} held a long list is cut short */
function listed(held) {
  if (!Array.isArray(held)) return String(held);
  const rest = held.length > MOST ? [`… (${held.length})`] : [];
  return [...held.slice(0, MOST), ...rest].join(", ");
}
