import assert from "node:assert/strict";
import { test } from "node:test";

import { readOverview, startsItself } from "../../static/js/lib/captures/overviews.js";

const ANSWER = {
  kind: "self",
  layer: 2,
  head: 3,
  state: "none",
  needed: true,
  cell: [16, 16],
  progress: { done: 0, total: 32768, eta_s: null },
  estimate: { seconds: 11, bytes: 5e7, disk_bytes: 7e6, fits: true, offer: null },
  problem: null,
};

test("an overview knows its head and how far it is", () => {
  const { of, total, isLost } = readOverview(ANSWER);
  assert.deepEqual([of, total, isLost], [{ kind: "self", layer: 2, head: 3 }, 32768, false]);
});

test("what is short and fits starts by itself, and nothing else does", () => {
  /** @param {object} more @param {object} [cost] */
  const starts = (more, cost = {}) =>
    startsItself(readOverview({ ...ANSWER, ...more, estimate: { ...ANSWER.estimate, ...cost } }));
  assert.equal(starts({}), true);
  assert.equal(starts({}, { seconds: 20 }), true);
  assert.equal(starts({}, { seconds: 21 }), false);
  assert.equal(starts({}, { seconds: null }), false);
  assert.equal(starts({}, { fits: false }), false);
  assert.equal(starts({ needed: false, state: "ready" }), false);
  assert.equal(starts({ state: "failed" }), false);
  assert.equal(startsItself(readOverview({ ...ANSWER, estimate: null })), false);
});
