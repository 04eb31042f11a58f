// @ts-check
/** A part of a spec as the page writes it: its kind and the parameters that were changed. */

import { modeOf } from "./request.js";
import { fieldsOf } from "./schema.js";

/** @import { Catalogue, Choice, Part, PartValue, Request } from "../types.js" */

/** @typedef {{kind: string, [parameter: string]: any}} Told */

/**
 * Spell out an id alone, a number alone, or nothing. What is none of these is as good as nothing.
 * @param {PartValue | undefined} value
 * @param {Part} part
 * @returns {Told}
 */
export function told(value, part) {
  if (typeof value === "string") return { kind: choiceOf(part, value)?.kind ?? value };
  if (typeof value === "object" && typeof value?.kind === "string") {
    return { ...value, kind: choiceOf(part, value.kind)?.kind ?? value.kind };
  }
  if (typeof value !== "number") return { kind: part.default };
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
 * @param {string} kind or another name of it
 * @returns {Choice | undefined}
 */
export function choiceOf(part, kind) {
  return part.choices.find((choice) => choice.kind === kind || choice.aliases?.includes(kind));
}

/**
 * A choice with one parameter set anew.
 * @template {Record<string, any>} Value
 * @param {Value} value
 * @param {string} name
 * @param {any} next undefined leaves the default
 * @param {string[]} [exclusive] of which only one may be told
 * @returns {Value}
 */
export function withField(value, name, next, exclusive = []) {
  const isOut = (/** @type {string} */ other) => other === name || isExcluded(other);
  const isExcluded = (/** @type {string} */ other) =>
    next !== undefined && exclusive.includes(name) && exclusive.includes(other);
  const kept = Object.entries(value).filter(([other]) => !isOut(other));
  const set = next === undefined ? [] : [[name, next]];
  return /** @type {Value} */ (Object.fromEntries([...kept, ...set]));
}

/**
 * The parameters of a kind of which exactly one must be told.
 * @param {Part} part
 * @param {string} kind
 * @returns {string[]}
 */
export function exclusive(part, kind) {
  const ways = choiceOf(part, kind)?.parameters.oneOf ?? [];
  return ways.flatMap((/** @type {{required?: string[]}} */ { required = [] }) => required);
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
    if (each.some((one) => one !== null && typeof one === "object")) return [];
    const isLong = Array.isArray(given) && !shapes.includes("tuple");
    if (isLong || shapes.includes("object")) return [];
    const isOption = shapes.includes("options");
    const words = each.map((one) => (isOption ? t(wordOf(one)) : String(one ?? "∞")));
    return [`${t(title)} ${words.join(", ")}`];
  });
  const title = t(choice?.title ?? value.kind);
  return values.length ? `${title} (${values.join("; ")})` : title;
}

/** @param {string | number} option as a word of the page */
export function wordOf(option) {
  return String(option).replaceAll("_", " ");
}
