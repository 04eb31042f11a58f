// @ts-check
/** Reads JSON Schemas of parameters as fields of a form. It knows shapes, never mechanisms. */

import { alternatives, isNull, offered } from "./alternatives.js";

/**
 * What a field holds: one number, one of some words, a line of text, yes or no, numbers in a line
 * or in rows, yes-or-no in rows, a few numbers side by side, an object told by a constant, one
 * choice of a part, or several.
 * @typedef {"number" | "options" | "text" | "boolean" | "vector" | "rows" | "flags" | "tuple" | "object" | "part" | "parts"} Shape
 */

/** @typedef {{minimum: number | null, maximum: number | null, isNullable: boolean}} Place one of a tuple */

/** @typedef {{value: string, title: string, summary: string, schema: Record<string, any>}} Branch told by its constant */

/**
 * @typedef {object} Field
 * @property {string} name
 * @property {string} title
 * @property {string} description
 * @property {Shape[]} shapes more than one when the schema leaves a choice
 * @property {boolean} isInteger
 * @property {boolean} isRequired
 * @property {boolean} isNullable
 * @property {boolean} canNest whether a list of numbers may also come once a head
 * @property {any} default
 * @property {any} example the first of the schema's own
 * @property {(string | number)[]} options
 * @property {number | null} minimum
 * @property {number | null} maximum
 * @property {number | null} multipleOf
 * @property {number | null} longest of a text
 * @property {Place[]} places of a tuple
 * @property {string} tag of an object, the parameter that tells which one it is
 * @property {Branch[]} branches of an object
 * @property {string | null} fit what the size of its first value follows, by its name in FITS
 * @property {string | null} part whose choice the field holds
 */

/**
 * @param {Record<string, any>} schema of an object
 * @returns {Field[]}
 */
export function fieldsOf({ properties = {}, required = [], $defs = {} }) {
  return Object.entries(properties).map(([name, schema]) => {
    const all = alternatives(schema, $defs);
    const branches = offered(all);
    const [first = {}] = branches;
    const objects = branches.filter((branch) => branch.type === "object");
    return {
      name,
      title: schema.title ?? name,
      description: schema.description ?? "",
      shapes: [...new Set(branches.map(shapeOf))],
      isInteger: first.type === "integer",
      isRequired: required.includes(name),
      isNullable: all.some(isNull),
      canNest: all.some((branch) => branch.items?.type === "array"),
      default: schema.default,
      example: schema.examples?.[0],
      options: first.enum ?? (first.const === undefined ? [] : [first.const]),
      minimum: first.minimum ?? first.exclusiveMinimum ?? null,
      maximum: first.maximum ?? null,
      multipleOf: first.multipleOf ?? null,
      longest: first.maxLength ?? null,
      places: (first.prefixItems ?? []).map(placeOf),
      tag: tagOf(objects[0]),
      branches: objects.map((branch) => branchOf(branch, $defs)),
      fit: schema.fit ?? schema.length ?? null,
      part: first.part ?? first.items?.part ?? null,
    };
  });
}

/**
 * @param {Record<string, any>} schema
 * @returns {Shape}
 */
function shapeOf(schema) {
  if (schema.part) return "part";
  if (schema.enum || schema.const !== undefined) return "options";
  if (schema.type === "boolean" || schema.type === "object") return schema.type;
  if (schema.type === "string") return "text";
  if (schema.type !== "array") return "number";
  if (schema.items?.part) return "parts";
  if (schema.prefixItems) return "tuple";
  if (schema.items?.type !== "array") return "vector";
  return schema.items.items?.type === "boolean" ? "flags" : "rows";
}

/** @param {Record<string, any>} schema @returns {Place} */
function placeOf(schema) {
  const branches = alternatives(schema, {});
  const number = branches.find((branch) => !isNull(branch)) ?? {};
  const { minimum = number.exclusiveMinimum ?? null, maximum = null } = number;
  return { minimum, maximum, isNullable: branches.some(isNull) };
}

/** @param {Record<string, any>} [schema] of an object */
function tagOf(schema) {
  const told = Object.entries(schema?.properties ?? {}).find(([, { const: value }]) => value);
  return told?.[0] ?? "";
}

/** @param {Record<string, any>} schema @param {Record<string, any>} $defs @returns {Branch} */
function branchOf(schema, $defs) {
  const { [tagOf(schema)]: tag = { const: "" }, ...properties } = schema.properties ?? {};
  const { title = tag.const, description: summary = "" } = schema;
  return { value: tag.const, title, summary, schema: { ...schema, properties, $defs } };
}
