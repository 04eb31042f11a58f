import assert from "node:assert/strict";
import { test } from "node:test";

import {
  isPassing,
  keptInside,
  mostHeads,
  walkedAnswer,
  withinHeads,
} from "../../static/js/lib/compare/outcomes.js";

/** @param {number[]} shape @returns {any} */
const answered = (...shape) => ({ answer: { weights: { shape } }, isBusy: false });
const FAILED = /** @type {any} */ ({ answer: null, isBusy: false });
const compare = { specs: [{}, {}, {}], selected: 1 };

test("the selected column is walked, or the first with an answer where it failed", () => {
  const outcomes = [answered(2, 3, 5), answered(7, 3, 5), FAILED];
  const state = { answer: null, compare, outcomes };
  assert.equal(walkedAnswer(state), outcomes[1].answer);
  assert.equal(
    walkedAnswer({ ...state, compare: { ...compare, selected: 2 } }),
    outcomes[0].answer,
  );
  assert.equal(walkedAnswer({ ...state, outcomes: [FAILED] }), null);
  const { answer } = outcomes[0];
  assert.equal(walkedAnswer({ ...state, answer, compare: null }), answer);
});

test("the column with the most heads bounds the head and the cell", () => {
  const outcomes = [answered(2, 3, 5), answered(7, 3, 5)];
  assert.equal(mostHeads(outcomes), 7);
  const cell = { head: 11, query: 1, key: 2 };
  assert.deepEqual(keptInside({ head: 11, cell, outcomes }), {
    head: 6,
    cell: { ...cell, head: 6 },
  });
  assert.deepEqual(keptInside({ head: 5, cell: null, outcomes }), { head: 5, cell: null });
});

test("a column that failed may have more heads than all others", () => {
  const outcomes = [answered(2, 3, 5), FAILED];
  const cell = { head: 11, query: 1, key: 2 };
  assert.deepEqual(keptInside({ head: 11, cell, outcomes }), { head: 11, cell });
});

for (const outside of [
  { head: 0, query: 3, key: 0 },
  { head: 0, query: 0, key: 5 },
]) {
  test(`the cell at ${outside.query}, ${outside.key} of 3 × 5 is dropped`, () => {
    const outcomes = [FAILED, answered(2, 3, 5)];
    assert.deepEqual(keptInside({ head: 0, cell: outside, outcomes }), { head: 0, cell: null });
    assert.equal(keptInside({ head: 0, cell: outside, outcomes: [FAILED] }).cell, outside);
  });
}

test("one mechanism alone keeps the head and the cell that it has", () => {
  const cell = { head: 6, query: 1, key: 2 };
  assert.deepEqual(withinHeads({ head: 6, cell }, 2), { head: 1, cell: { ...cell, head: 1 } });
  assert.equal(withinHeads({ head: 1, cell }, 7).cell, cell);
});

for (const [status, passes] of /** @type {[number, boolean][]} */ ([
  [0, true],
  [422, false],
  [429, true],
  [500, true],
  [503, true],
])) {
  test(`another try after ${status} ${passes ? "may go" : "goes no"} better`, () => {
    assert.equal(isPassing({ status, title: "", detail: "", errors: [] }), passes);
  });
}
