// @ts-check
/** A part of a spec as the page writes it: its kind and the parameters that were changed. */

import { fieldsOf, starter } from "./schema.js";

/** @import { Choice, Part, PartValue } from "../types.js" */

/** @typedef {{kind: string, [parameter: string]: any}} Told */

/**
 * Spell out an id alone, a number alone, or nothing.
 * @param {PartValue | undefined} value
 * @param {Part} part
 * @returns {Told}
 */
export function told(value, part) {
  if (value === undefined || value === null) return { kind: part.default };
  if (typeof value === "string") return { kind: value };
  if (typeof value === "object") return { ...value };
  // A number alone is the default kind's first parameter.
  const [field] = fieldsOf(choiceOf(part, part.default)?.parameters ?? {});
  return field ? { kind: part.default, [field.name]: value } : { kind: part.default };
}

/**
 * The members of a part that may be told several times.
 * @param {PartValue | PartValue[] | undefined} value
 * @param {Part} part
 * @returns {Told[]}
 */
export function toldAll(value, part) {
  if (value === undefined || value === null) return [];
  return (Array.isArray(value) ? value : [value]).map((member) => told(member, part));
}

/**
 * @param {Part} part
 * @param {string} kind
 * @returns {Choice | undefined}
 */
export function choiceOf(part, kind) {
  return part.choices.find((choice) => choice.kind === kind);
}

/**
 * A choice as it starts: required parameters filled in, all others left to their defaults.
 * @param {Part} part
 * @param {string} kind
 * @param {{queries: number, keys: number}} sizes
 * @returns {Told}
 */
export function started(part, kind, sizes) {
  /** @type {Told} */
  const value = { kind };
  for (const field of fieldsOf(choiceOf(part, kind)?.parameters ?? {})) {
    const first = part.choices.find((choice) => choice.kind !== part.default) ?? part.choices[0];
    if (field.isRequired) value[field.name] = starter(field, sizes, first.kind);
  }
  return value;
}
