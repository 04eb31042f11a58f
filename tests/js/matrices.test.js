import assert from "node:assert/strict";
import { test } from "node:test";

import {
  decodeMatrix,
  largest,
  rangeOf,
  rowSum,
  rowsOf,
  valueAt,
  weightsRange,
  withGaps,
} from "../../static/js/lib/matrices.js";

const shape = [2, 3, 5];
const data = Float32Array.from({ length: 30 }, (_, index) => index - 7);
const matrix = { shape, data };

test("base64 is decoded to the numbers that were encoded", () => {
  const bdata = Buffer.from(data.buffer).toString("base64");
  assert.deepEqual(decodeMatrix({ shape, dtype: "f4", bdata }), matrix);
});

test("a dtype that was not asked for is refused", () => {
  assert.throws(() => decodeMatrix({ shape, dtype: "f2", bdata: "" }), /f2/);
});

test("rows of a head are views in the order of the queries", () => {
  const rows = rowsOf(matrix, 1);
  assert.equal(rows.length, 3);
  assert.deepEqual([...rows[2]], [18, 19, 20, 21, 22]);
  assert.equal(rows[0].buffer, data.buffer);
  assert.equal(valueAt(matrix, 1, 2, 4), 22);
});

test("the range leaves gaps out, and is zero when there is nothing else", () => {
  const gaps = withGaps(matrix, (index) => index < 5);
  assert.deepEqual(rangeOf(gaps), [-2, 22]);
  assert.deepEqual(rangeOf(withGaps(matrix, () => true)), [0, 0]);
});

test("the largest of a row is its first largest; an empty row has none", () => {
  assert.equal(largest([NaN, 1, 3, 3]), 2);
  assert.equal(largest([NaN, NaN]), -1);
});

test("the sum of a row leaves gaps out", () => {
  const gaps = withGaps(matrix, (index) => index === 27);
  assert.deepEqual([rowSum(matrix, 1, 2), rowSum(gaps, 1, 2)], [100, 80]);
});

test("the bar of weights starts at zero, or has their real range where some are negative", () => {
  assert.deepEqual(weightsRange([0.1, 0.4], false), [0, 0.4]);
  assert.deepEqual(weightsRange([-0.7, 0.4], true), [-0.7, 0.4]);
});
