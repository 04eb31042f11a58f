// @ts-check
/** The alternatives that a JSON Schema leaves, as one flat list. */

/** @typedef {Record<string, any>} Schema */

/**
 * All alternatives of a schema, however deep.
 * @param {Schema} schema
 * @param {Schema} definitions that references lead to
 * @returns {Schema[]}
 */
export function alternatives(schema, definitions) {
  const whole = schema.$ref ? definitions[schema.$ref.split("/").at(-1)] : schema;
  /** @type {Schema[] | undefined} */
  const branches = whole.anyOf ?? whole.oneOf;
  return branches ? branches.flatMap((branch) => alternatives(branch, definitions)) : [whole];
}

/**
 * The alternatives but for null, which an empty field stands for. Of numbers that may come once or
 * once a head, the plainest shape is offered.
 * @param {Schema[]} all
 */
export function offered(all) {
  const isNumbers = (/** @type {Schema} */ branch) => branch.type === "array";
  const plainest = all.find(isNumbers);
  return all.filter((branch) => !isNull(branch) && (!isNumbers(branch) || branch === plainest));
}

/** @param {Schema} schema */
export function isNull(schema) {
  return schema.type === "null";
}
