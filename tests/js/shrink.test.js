import assert from "node:assert/strict";
import { test } from "node:test";

import { shrunk } from "../../static/js/lib/shrink.js";

test("few cells stay as they are", () => {
  const rows = [Float32Array.of(1, 2, 3)];
  assert.equal(shrunk(rows, 3), rows);
});

test("pooled cells show the largest by size, and a gap where all are gaps", () => {
  const rows = [
    [0.5, -2, NaN, NaN, 7],
    [1, 1.5, NaN, NaN, 3],
    [NaN, 0.25, 0, 4, NaN],
  ].map((row) => Float32Array.from(row));
  const pooled = shrunk(rows, 3).map((row) => Array.from(row));
  assert.deepEqual(pooled, [
    [-2, NaN, 7],
    [0.25, 4, NaN],
  ]);
});
