// @ts-check
/** Values inside nested data, told by their path; data is never changed, always copied. */

/** @typedef {(string | number)[]} Path */

/**
 * @param {any} data
 * @param {Path} path
 * @returns {any}
 */
export function valueIn(data, path) {
  return path.reduce((value, step) => value?.[step], data);
}

/**
 * Copy data with one value replaced; undefined removes it.
 * @template Data
 * @param {Data} data
 * @param {Path} path
 * @param {unknown} value
 * @returns {Data}
 */
export function withValue(data, path, value) {
  if (path.length === 0) return /** @type {Data} */ (value);
  const [step, ...rest] = path;
  /** @type {any} */
  const copy = Array.isArray(data) ? [...data] : { ...data };
  const changed = withValue(copy[step], rest, value);
  if (changed === undefined) delete copy[step];
  else copy[step] = changed;
  return copy;
}

/**
 * Whether two pieces of JSON data are the same.
 * @param {unknown} a
 * @param {unknown} b
 */
export function isSame(a, b) {
  return a === b || JSON.stringify(a) === JSON.stringify(b);
}
