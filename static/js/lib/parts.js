// @ts-check
/** A part of a spec as the page writes it: its kind and the parameters that were changed. */

import { modeOf } from "./request.js";
import { fieldsOf, starter } from "./schema.js";

/** @import { Catalogue, Choice, Part, PartValue, Request } from "../types.js" */

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

/**
 * Whether the vectors of a request are made from a seed: then nothing in them was learned.
 * @param {Request} request
 * @param {Catalogue} catalogue
 */
export function isSeeded(request, { parts }) {
  if (modeOf(request) === "numbers") return false;
  return /** @type {const} */ (["embedding", "projection"]).some((name) => {
    const { kind } = told(request[name], parts[name]);
    return "seed" in (choiceOf(parts[name], kind)?.parameters.properties ?? {});
  });
}

/**
 * A choice in words: its title and the values of its parameters that fit in a line.
 * @param {Told} value
 * @param {Part} part
 * @param {Record<string, Part>} parts
 * @param {(text?: string) => string} t translates
 * @returns {string}
 */
export function valuesOf(value, part, parts, t) {
  const choice = choiceOf(part, value.kind);
  const values = fieldsOf(choice?.parameters ?? {}).flatMap(({ name, title, shapes, part: of }) => {
    const given = value[name];
    if (given === undefined || given === null) return [];
    const each = [given].flat();
    if (of) return each.map((one) => valuesOf(told(one, parts[of]), parts[of], parts, t));
    if (Array.isArray(given) && !shapes.includes("tuple")) return [];
    const words = each.map((one) => t(String(one ?? "∞").replaceAll("_", " ")));
    return [`${t(title)} ${words.join(", ")}`];
  });
  return values.length ? `${t(choice?.title)} (${values.join("; ")})` : t(choice?.title);
}
