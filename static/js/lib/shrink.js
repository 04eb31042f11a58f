// @ts-check
/** A matrix in fewer cells, for pictures that are smaller than it. Pure. */

/**
 * Pool cells, so that no side has more than some: each shows the largest by size, and is a gap
 * where all are. Leaving cells out instead would break thin lines.
 * @param {Float32Array[]} rows gaps are NaN
 * @param {number} most cells of a side
 * @returns {Float32Array[]} the same rows where they are few enough
 */
export function shrunk(rows, most) {
  const columns = rows[0]?.length ?? 0;
  const side = Math.ceil(Math.max(rows.length, columns) / Math.max(most, 1));
  if (side <= 1) return rows;
  const width = Math.ceil(columns / side);
  const pooled = Array.from({ length: Math.ceil(rows.length / side) }, () =>
    new Float32Array(width).fill(NaN),
  );
  rows.forEach((row, at) => {
    const into = pooled[Math.floor(at / side)];
    for (let column = 0; column < columns; column += 1) {
      const place = Math.floor(column / side);
      const isLarger = !(Math.abs(row[column]) <= Math.abs(into[place]));
      if (isLarger && !Number.isNaN(row[column])) into[place] = row[column];
    }
  });
  return pooled;
}
