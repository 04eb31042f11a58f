// @ts-check
/** How far the weights of one head stand from another's: numbers by their plain definitions. */

/** @typedef {ArrayLike<number>[]} Rows NaN where a cell is forbidden: its weight is exactly zero */

/**
 * @typedef {object} Measures
 * @property {{value: number, query: number, key: number}} largest difference, with its sign
 * @property {number} mean absolute difference over all cells
 * @property {number | null} moved total variation, averaged over rows; null where rows need not
 *   sum to one
 */

/**
 * Subtract cell by cell: NaN only where both forbid.
 * @param {Rows} first
 * @param {Rows} other
 * @returns {Float32Array[]}
 */
export function differenceOf(first, other) {
  return other.map((row, query) =>
    Float32Array.from(row, (weight, key) => {
      const base = first[query][key];
      if (Number.isNaN(weight) && Number.isNaN(base)) return NaN;
      return (weight || 0) - (base || 0);
    }),
  );
}

/**
 * @param {Rows} first
 * @param {Rows} other
 * @param {boolean} areStochastic whether the rows of both sum to one
 * @returns {Measures}
 */
export function measuresOf(first, other, areStochastic) {
  const largest = { value: 0, query: 0, key: 0 };
  let total = 0;
  let count = 0;
  let moved = 0;
  let full = 0;
  differenceOf(first, other).forEach((row, query) => {
    let inRow = 0;
    row.forEach((value, key) => {
      count += 1;
      const size = Math.abs(value || 0);
      inRow += size;
      if (size > Math.abs(largest.value)) Object.assign(largest, { value, query, key });
    });
    total += inRow;
    if (isEmpty(first[query]) || isEmpty(other[query])) return;
    moved += inRow / 2;
    full += 1;
  });
  return { largest, mean: total / count, moved: areStochastic && full > 0 ? moved / full : null };
}

/**
 * The share of cells that are exactly zero, and of those that are so because they are forbidden.
 * @param {Rows} rows
 */
export function zerosOf(rows) {
  let zero = 0;
  let forbidden = 0;
  let count = 0;
  for (const row of rows) {
    for (let key = 0; key < row.length; key += 1) {
      count += 1;
      if (Number.isNaN(row[key])) forbidden += 1;
      else if (row[key] === 0) zero += 1;
    }
  }
  return { zero: (zero + forbidden) / count, forbidden: forbidden / count };
}

/**
 * One range for all matrices: from zero unless some weight is negative.
 * @param {Rows[]} matrices
 * @returns {[low: number, high: number]}
 */
export function sharedRange(matrices) {
  let low = 0;
  let high = 0;
  for (const rows of matrices) {
    for (const row of rows) {
      for (let key = 0; key < row.length; key += 1) {
        if (row[key] < low) low = row[key];
        if (row[key] > high) high = row[key];
      }
    }
  }
  return [low, high];
}

/** @param {ArrayLike<number>} row */
function isEmpty(row) {
  return Array.from(row).every((weight) => !weight);
}
