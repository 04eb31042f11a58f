import assert from "node:assert/strict";
import { test } from "node:test";

import { started } from "../../static/js/lib/started.js";

const SIZES = { queries: 2, keys: 3 };
const NUMBERS = { type: "array", items: { type: "number" } };
const COUNT = { type: "integer", minimum: 1 };
const PAIR = { type: "array", prefixItems: [COUNT, COUNT] };

/** @param {Record<string, any>} properties */
const withoutDefault = (properties) =>
  Object.keys(properties).filter((name) => (properties[name].default ?? null) === null);

/**
 * A part whose second kind has these parameters.
 * @param {Record<string, any>} properties
 * @param {Record<string, any>} [more] of the choice
 * @returns {any}
 */
const part = (properties, more = {}) => ({
  default: "full",
  choices: [
    { kind: "full", parameters: { properties: { n_heads: { type: "integer", default: 1 } } } },
    { kind: "deep", parameters: { properties, required: withoutDefault(properties) }, ...more },
  ],
});

/** @param {Record<string, any>} properties @param {any} [sizes] @param {any} [more] */
const deep = (properties, sizes = {}, more = {}) =>
  started(part(properties, more), "deep", { ...SIZES, ...sizes });

test("a choice starts with what it cannot be without", () => {
  const matrix = { type: "array", items: { type: "array", items: { type: "boolean" } } };
  assert.deepEqual(deep({ matrix, of: { part: "mask" }, length: COUNT }), {
    kind: "deep",
    matrix: [
      [true, false, false],
      [true, true, false],
    ],
    of: { kind: "deep" },
    length: 2,
  });
});

test("a schema's own example comes first, and the catalogue's over all", () => {
  const factor = { type: "number", examples: [8] };
  assert.deepEqual(deep({ factor }), { kind: "deep", factor: 8 });
  const starter = { factor: 3, code: "j <= i" };
  assert.deepEqual(deep({ factor }, {}, { starter }), { kind: "deep", ...starter });
});

test("what must be told starts with a number, even where null is its default", () => {
  const factor = { anyOf: [{ type: "number", minimum: 1 }, { type: "null" }], default: null };
  assert.deepEqual(deep({ factor }), { kind: "deep", factor: 2 });
});

test("lists are as long as the tokens, or as the pairs of features", () => {
  const fitted = { ids: { ...NUMBERS, fit: "tokens" }, factors: { ...NUMBERS, fit: "pairs" } };
  const value = deep(fitted, { queries: 5, features: 6 });
  assert.deepEqual(value, { kind: "deep", ids: [0, 0, 0, 1, 1], factors: [1, 1, 1] });
});

for (const [keys, grid] of /** @type {[number, number[]][]} */ ([
  [12, [3, 4]],
  [16, [4, 4]],
  [7, [1, 7]],
  [1, [1, 1]],
])) {
  test(`a grid of ${keys} is ${grid.join(" × ")}`, () => {
    assert.deepEqual(deep({ grid: { ...PAIR, fit: "grid" } }, { keys }).grid, grid);
  });
}

test("a box beside a grid is no larger than it, and odd", () => {
  const box = { ...PAIR, default: [3, 3] };
  const start = (/** @type {number} */ keys) =>
    started(part({ grid: { ...PAIR, fit: "grid" }, box }), "deep", { ...SIZES, keys }).box;
  assert.deepEqual([start(7), start(10), start(12)], [[1, 3], [1, 3], undefined]);
});

test("matrices have a row for each feature, where they are told to", () => {
  const weight = { type: "array", items: NUMBERS };
  const value = deep({ weight }, { rows: 2, columns: 3 });
  assert.deepEqual(value.weight, [
    [1, 0, 0],
    [0, 1, 0],
  ]);
});

const HEADS = {
  n_heads: { type: "integer", default: 4 },
  n_kv_heads: { type: "integer", default: 2 },
};

for (const [sizes, count] of /** @type {[any, number | undefined][]} */ ([
  [{ heads: 1, width: 64 }, undefined], // the default, 4
  [{ heads: 8, width: 64 }, 8],
  [{ heads: 3, width: 48 }, undefined],
  [{ heads: 5, width: 60 }, 6],
  [{ heads: 1, width: 6 }, 6],
  [{ heads: 7, width: 2 }, 2],
  [{ heads: 1, width: 9, isGiven: true }, 1],
])) {
  test(`from ${JSON.stringify(sizes)} heads become ${count ?? "as many as by default"}`, () => {
    assert.equal(deep(HEADS, sizes).n_heads, count);
  });
}

test("one head of pasted numbers is one group", () => {
  const value = deep(HEADS, { heads: 1, isGiven: true });
  assert.deepEqual(value, { kind: "deep", n_heads: 1, n_kv_heads: 1 });
});

test("the heads stay as many as they were on the way back", () => {
  const heads = part(HEADS);
  assert.deepEqual(started(heads, "full", { ...SIZES, heads: 4, width: 64 }), {
    kind: "full",
    n_heads: 4,
  });
  assert.deepEqual(started(heads, "full", { ...SIZES, heads: 1, width: 64 }), { kind: "full" });
  assert.equal(started(heads, "full", { ...SIZES, width: 64 }, 8).n_heads, 8);
});
