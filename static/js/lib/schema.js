// @ts-check
/** Reads JSON Schemas of parameters as fields of a form. It knows shapes, never mechanisms. */

/**
 * What a field holds: one number, one of some words, yes or no, numbers in a line or in rows,
 * yes-or-no in rows, a few numbers side by side, one choice of a part, or several.
 * @typedef {"number" | "options" | "boolean" | "vector" | "rows" | "flags" | "tuple" | "part" | "parts"} Shape
 */

/**
 * @typedef {object} Field
 * @property {string} name
 * @property {string} title
 * @property {string} description
 * @property {Shape[]} shapes more than one when the schema leaves a choice
 * @property {boolean} isInteger
 * @property {boolean} isRequired
 * @property {any} default
 * @property {(string | number)[]} options
 * @property {number | null} minimum
 * @property {number | null} maximum
 * @property {number} length of a tuple
 * @property {string | null} part whose choice the field holds
 */

/**
 * @param {Record<string, any>} schema of an object
 * @returns {Field[]}
 */
export function fieldsOf({ properties = {}, required = [] }) {
  return Object.entries(properties).map(([name, schema]) => {
    const branches = branchesOf(schema);
    const [first] = branches;
    return {
      name,
      title: schema.title ?? name,
      description: schema.description ?? "",
      shapes: [...new Set(branches.map(shapeOf))],
      isInteger: first.type === "integer",
      isRequired: required.includes(name),
      default: schema.default,
      options: first.enum ?? (first.const === undefined ? [] : [first.const]),
      minimum: first.minimum ?? first.exclusiveMinimum ?? null,
      maximum: first.maximum ?? null,
      length: first.prefixItems?.length ?? first.maxItems ?? 0,
      part: first.part ?? first.items?.part ?? null,
    };
  });
}

/**
 * The alternatives of a schema but for null, which an empty field stands for. Of numbers that may
 * come once or once a head, the plainest shape is offered.
 * @param {Record<string, any>} schema
 * @returns {Record<string, any>[]}
 */
function branchesOf(schema) {
  const branches = (schema.anyOf ?? schema.oneOf ?? [schema]).filter(
    (/** @type {any} */ branch) => branch.type !== "null",
  );
  const isNumbers = (/** @type {any} */ branch) => branch.type === "array";
  const plainest = branches.find(isNumbers);
  return branches.filter((/** @type {any} */ branch) => !isNumbers(branch) || branch === plainest);
}

/**
 * @param {Record<string, any>} schema
 * @returns {Shape}
 */
function shapeOf(schema) {
  if (schema.part) return "part";
  if (schema.enum || schema.const !== undefined) return "options";
  if (schema.type === "boolean") return "boolean";
  if (schema.type !== "array") return "number";
  if (schema.items?.part) return "parts";
  if (schema.prefixItems) return "tuple";
  if (schema.items?.type !== "array") return "vector";
  return schema.items.items?.type === "boolean" ? "flags" : "rows";
}

/**
 * A first value for a field that must have one: what the sizes at hand suggest.
 * @param {Field} field
 * @param {{queries: number, keys: number}} sizes
 * @param {string} firstChoice of the part that the field holds
 */
export function starter(field, { queries, keys }, firstChoice) {
  const [shape] = field.shapes;
  if (shape === "number") return Math.max(field.minimum ?? 0, keys - 1);
  if (shape === "part") return { kind: firstChoice };
  if (shape === "parts") return [{ kind: firstChoice }];
  if (shape === "flags") return table(queries, keys, (row, column) => column <= row);
  if (shape === "rows") return table(queries, queries, (row, column) => Number(column === row));
  return undefined;
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
