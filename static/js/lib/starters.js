// @ts-check
/** First values for fields that must have one: what the sizes at hand suggest. */

import { fieldsOf } from "./schema.js";

/** @import { Branch, Field } from "./schema.js" */

/**
 * @typedef {object} Sizes of what is shown now
 * @property {number} queries
 * @property {number} keys
 * @property {number} [heads]
 * @property {number} [features] of a head's query
 * @property {number} [width] features of all heads together
 * @property {number} [rows] of a matrix of numbers; the queries where it is not told
 * @property {number} [columns] of it; as many as rows where it is not told
 * @property {boolean} [isGiven] whether the heads are those of pasted numbers
 */

/** What a factor or another measure starts with. */
const SOME = 2;

/**
 * @param {Field} field
 * @param {Sizes} sizes
 * @param {string} firstChoice of the part that the field holds
 * @returns {any}
 */
export function starter(field, sizes, firstChoice) {
  const { queries, keys, rows = queries, columns = rows } = sizes;
  if (field.example !== undefined) return field.example;
  if (field.fit && FITS[field.fit]) return FITS[field.fit](sizes);
  const least = field.minimum ?? 0;
  switch (field.shapes[0]) {
    case "number":
      return Math.max(least, field.isInteger ? keys - 1 : SOME);
    case "text":
      return "";
    case "boolean":
      return false;
    case "options":
      return field.options[0];
    case "vector":
      return [1];
    case "tuple":
      return field.places.map(({ minimum }) => minimum ?? 1);
    case "object":
      return startedBranch(field, field.branches[0], sizes);
    case "part":
      return { kind: firstChoice };
    case "parts":
      return [{ kind: firstChoice }];
    case "flags":
      return table(queries, keys, (row, column) => column <= row);
    default:
      return table(rows, columns, (row, column) => Number(column === row));
  }
}

/**
 * One branch of an object as it starts.
 * @param {Field} field
 * @param {Branch} branch
 * @param {Sizes} sizes
 */
export function startedBranch({ tag }, branch, sizes) {
  const fields = fieldsOf(branch.schema).filter(({ isRequired }) => isRequired);
  const values = fields.map((field) => [field.name, starter(field, sizes, "")]);
  return { [tag]: branch.value, ...Object.fromEntries(values) };
}

/** @type {Record<string, (sizes: Sizes) => number | number[]>} What a schema may say of a first value. */
const FITS = {
  /** One number a token: two halves. */
  tokens: ({ queries }) => Array.from({ length: queries }, (_, at) => Number(at >= queries / 2)),
  /** One number for each pair of features that turn together. */
  pairs: ({ features = 2 }) => Array.from({ length: Math.max(1, features >> 1) }, () => 1),
  grid: ({ keys }) => gridOf(keys),
  /** A length that parts the keys in two. */
  half: ({ keys }) => Math.ceil(keys / 2),
};

/**
 * The two factors nearest to the root, the smaller one first.
 * @param {number} count
 */
function gridOf(count) {
  let rows = Math.max(1, Math.floor(Math.sqrt(count)));
  while (count % rows) rows -= 1;
  return [rows, count / rows];
}

/**
 * A number of heads that shares the features evenly and is made of whole groups.
 * @param {{wanted: number, groups: number, width: number}} sizes
 */
export function fittingHeads({ wanted, groups, width }) {
  const fits = (/** @type {number} */ heads) => width % heads === 0 && heads % groups === 0;
  const upwards = Array.from({ length: width }, (_, index) => index + 1).filter(fits);
  return upwards.find((heads) => heads >= wanted) ?? upwards.at(-1) ?? wanted;
}

/**
 * @template Value
 * @param {number} rows
 * @param {number} columns
 * @param {(row: number, column: number) => Value} fill
 */
function table(rows, columns, fill) {
  const across = Array.from({ length: columns }, (_, column) => column);
  return Array.from({ length: rows }, (_, row) => across.map((column) => fill(row, column)));
}
