import assert from "node:assert/strict";
import { test } from "node:test";

import { LONGEST_ROW, readRow, shownKeys } from "../../static/js/lib/rows.js";

test("every key of a short row has a line", () => {
  assert.deepEqual(shownKeys([0.5, 0.2, 0.3], 1), { shown: [0, 1, 2], others: [] });
});

test("of a long row the largest weights have lines, and the chosen key, in the order of the keys", () => {
  /** @param {number} index */
  const weightAt = (index) => (index % 1009 === 7 && index < 63_000 ? 1 : 0.25);
  const weights = Array.from({ length: 100_003 }, (_, index) => Number(weightAt(index)));
  weights[99_991] = -3; // the size of a weight counts, whatever its sign
  const { shown, others } = shownKeys(weights, 50_021);

  assert.equal(shown.length, 65);
  assert.equal(shown.length + others.length, weights.length);
  assert.deepEqual(shown.slice(0, 3), [7, 1016, 2025]);
  assert.deepEqual(shown.slice(-2), [62 * 1009 + 7, 99_991]);
  assert.ok(shown.includes(50_021));
  assert.ok(!others.includes(50_021));
});

test("where all weights are alike a long row still has few lines", () => {
  const { shown } = shownKeys(new Array(LONGEST_ROW + 1).fill(0.001), 3);
  assert.equal(shown.length, 64);
});

test("keys without a line are summed, masked ones to nothing", () => {
  const count = LONGEST_ROW + 7;
  const row = {
    row_scores: Array.from({ length: count }, (_, key) => (key < 3 ? null : key < 103 ? 2 : 0)),
    row_weights: Array.from({ length: count }, (_, key) => (key < 3 ? 0 : key < 103 ? 0.005 : 0)),
    row_maximum: 2,
    temperature: 2,
    key: 1,
  };
  const { lines, rest, sum } = readRow(row);

  assert.deepEqual(lines[0], { key: 1, score: null, exponential: 0, weight: 0 });
  assert.deepEqual(lines[1], { key: 3, score: 2, exponential: 1, weight: 0.005 });
  assert.equal(lines.length, 65);
  assert.equal(rest.count, count - 65);
  // 36 keys like the 64 that have lines, and all that score zero.
  assert.ok(Math.abs(rest.weight - 36 * 0.005) < 1e-9);
  assert.ok(Math.abs(rest.exponential - 36 - (count - 103) / Math.E) < 1e-9);
  assert.ok(Math.abs(sum.weight - 0.5) < 1e-9);
});
