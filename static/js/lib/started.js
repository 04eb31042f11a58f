// @ts-check
/** A choice as it starts, so that it can be drawn at once. */

import { choiceOf, told } from "./parts.js";
import { fieldsOf } from "./schema.js";
import { fittingHeads, starter } from "./starters.js";

/** @import { Part } from "../types.js" */
/** @import { Told } from "./parts.js" */
/** @import { Field } from "./schema.js" */
/** @import { Sizes } from "./starters.js" */

/**
 * A choice as it starts: what must be told is filled in, the heads stay as many as they were, and
 * all else is left to its default.
 * @param {Part} part
 * @param {string} kind
 * @param {Sizes} sizes
 * @param {import("../types.js").PartValue} [before] what stood there
 * @returns {Told}
 */
export function started(part, kind, sizes, before) {
  const choice = choiceOf(part, kind);
  /** @type {Told} */
  const value = { kind };
  const first = part.choices.find((each) => each.kind !== part.default) ?? part.choices[0];
  const fields = fieldsOf(choice?.parameters ?? {});
  for (const field of fields) {
    if (field.isRequired) value[field.name] = starter(field, sizes, first.kind);
  }
  Object.assign(value, choice?.starter, ...fields.map((field) => boxOn(field, fields, value)));
  if (!fields.some(({ name }) => name === "n_heads")) return value;
  const { n_heads: count = sizes.heads } = told(before, part);
  return withHeads(value, fields, { ...sizes, heads: count }, kind === part.default);
}

/**
 * @param {Told} value
 * @param {Field[]} fields
 * @param {Sizes} sizes
 * @param {boolean} isDefault whether one head is as good as any other number
 */
function withHeads(value, fields, { heads = 1, width = heads, isGiven = false }, isDefault) {
  /** @param {string} name */
  const usual = (name) => value[name] ?? fields.find((field) => field.name === name)?.default;
  const groups = usual("n_kv_heads") ?? 1;
  if (isGiven) {
    const isWhole = heads % groups === 0;
    return { ...value, n_heads: heads, ...(isWhole ? {} : { n_kv_heads: 1 }) };
  }
  const least = isDefault ? (value.n_heads ?? 1) : usual("n_heads");
  const count = fittingHeads({ wanted: Math.max(heads, least ?? 1), groups, width });
  return count === usual("n_heads") ? value : { ...value, n_heads: count };
}

/**
 * A box beside a grid is no larger than it; odd, as a box around a middle is.
 * @param {Field} field
 * @param {Field[]} fields
 * @param {Told} value
 */
function boxOn(field, fields, value) {
  const grid = fields.find(({ fit }) => fit === "grid");
  const isBox = grid && field !== grid && field.places.length === grid.places.length;
  if (!isBox || !Array.isArray(field.default)) return {};
  const sides = value[grid.name].map((/** @type {number} */ side, /** @type {number} */ axis) =>
    Math.min(field.default[axis], side - ((side + 1) % 2)),
  );
  return String(sides) === String(field.default) ? {} : { [field.name]: sides };
}
