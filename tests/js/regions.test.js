import assert from "node:assert/strict";
import { test } from "node:test";

import { lineOf, spreadOf, topOf } from "../../static/js/lib/captures/lines.js";
import { cellAt, decodeRegion, tokensAt, windowOf } from "../../static/js/lib/captures/regions.js";
import { headPicture } from "../../static/js/figures/headmap.js";
import { matrixFigure } from "../../static/js/figures/matrix.js";
import { ramp } from "../../static/js/lib/colour.js";

/** @param {number[]} numbers @param {number[]} shape */
function encoded(numbers, shape) {
  const bdata = Buffer.from(Float32Array.from(numbers).buffer).toString("base64");
  return { shape, dtype: "f4", bdata };
}

const PLACE = { kind: "self", layer: 1, head: 4 };

/** @param {{from?: number, cell?: [number, number], exact?: boolean}} [more] */
function region({ from = 0, cell = [1, 1], exact = true } = {}) {
  const weights = {
    matrix: encoded([1, 0, 0, 0.25, 0.75, 0], [2, 3]),
    query: [from, from + 2 * cell[0]],
    key: [from, from + 3 * cell[1]],
    cell,
    exact,
  };
  const scores = { ...weights, matrix: encoded([2, NaN, NaN, 1, 3, NaN], [2, 3]) };
  return decodeRegion(PLACE, weights, scores);
}

test("a masked cell is a gap in the weights, and a zero is none", () => {
  const { weights } = region();
  assert.deepEqual(weights.shape, [1, 2, 3]);
  assert.deepEqual([...weights.data].map(Number.isNaN), [false, true, true, false, false, true]);
});

test("coarser scores tell which cells are masked, each of its own place", () => {
  const fine = {
    matrix: encoded(Array(4 * 6).fill(0.5), [4, 6]),
    query: [8, 12],
    key: [4, 10],
    cell: [1, 1],
    exact: true,
  };
  const coarse = {
    matrix: encoded([1, NaN, NaN, 2], [2, 2]),
    query: [8, 12],
    key: [4, 12],
    cell: [2, 4],
  };
  const { weights, scores } = decodeRegion(PLACE, fine, coarse);
  const isGap = Array.from(weights.data, Number.isNaN);
  const first = [false, false, false, false, true, true];
  const last = [true, true, true, true, false, false];
  assert.deepEqual(isGap, [...first, ...first, ...last, ...last]);
  assert.equal(scores, null);
});

test("a picture in bytes is read between its offset and its scale, and has no exact line", () => {
  const bdata = Buffer.from(Uint8Array.of(0, 255, 51, 0)).toString("base64");
  const matrix = { shape: [2, 2], dtype: "u1", bdata, scale: 0.5, offset: -0.25 };
  const answer = { matrix, query: [0, 2], key: [0, 2], cell: [1, 1], exact: true };
  const rounded = decodeRegion(PLACE, answer, null);
  const expected = Float32Array.of(-0.25, 0.25, -0.15, -0.25);
  assert.deepEqual([...rounded.weights.data], [...expected]);
  assert.equal(lineOf(rounded, "from", 0), null);
});

test("a line of a region is a query's row or a key's column", () => {
  assert.deepEqual([...(lineOf(region(), "from", 1) ?? [])], [0.25, 0.75, NaN]);
  assert.deepEqual([...(lineOf(region(), "to", 0) ?? [])], [1, 0.25]);
  assert.deepEqual([...(lineOf(region({ from: 5 }), "from", 6) ?? [])], [0.25, 0.75, NaN]);
});

test("a region that is pooled, or lies elsewhere, has no line", () => {
  assert.equal(lineOf(region({ cell: [4, 4], exact: false }), "from", 1), null);
  assert.equal(lineOf(region({ from: 5 }), "from", 1), null);
});

test("cells and tokens find each other, and the last cell may be smaller", () => {
  assert.equal(cellAt([8, 23], 4, 15), 1);
  assert.equal(cellAt([8, 23], 4, 23), null);
  assert.deepEqual(tokensAt([8, 23], 4, 3), [20, 23]);
});

test("entropy is two bits for four keys alike, and zero for one", () => {
  assert.equal(spreadOf(Float32Array.of(0.25, 0.25, NaN, 0.25, 0.25)).entropy, 2);
  assert.equal(spreadOf(Float32Array.of(0, 1, 0)).entropy, 0);
  assert.equal(spreadOf(Float32Array.of(1.5, -0.5)).entropy, null);
});

test("the largest weights come first, by size whatever their sign", () => {
  const top = topOf(Float32Array.of(0.25, -0.5, NaN, 0, 0.125), 3);
  assert.deepEqual(
    top.map(({ index }) => index),
    [1, 0, 4],
  );
});

test("a zoom stays inside the matrix and holds a cell", () => {
  const sizes = { n_queries: 11, n_keys: 7 };
  assert.deepEqual(windowOf(null, sizes), { query: [0, 11], key: [0, 7] });
  assert.deepEqual(windowOf({ query: [3, 3], key: [5, 90] }, sizes), {
    query: [3, 4],
    key: [5, 7],
  });
});

const GREYS = ramp([
  [255, 255, 255],
  [0, 0, 0],
]);
const THEME = /** @type {any} */ ({ font: "mono", sequential: GREYS, diverging: GREYS });
const VIEW = { width: 500, tallest: 400, isSigned: false, theme: THEME };
const AXES = { queries: "queries ↓", keys: "keys →" };

/** @param {ReturnType<typeof region>} shown @param {number} count */
function pictureOf(shown, count) {
  const words = /** @type {any[]} */ (
    Array.from({ length: count }, (_, index) => {
      return { text: `w${index}`, piece: `w${index}`, kind: "text", part: null, place: null };
    })
  );
  const measure = (/** @type {string} */ label) => label.length * 7;
  const sides = { query: words, key: words };
  return headPicture({ ...VIEW, region: shown, sides, measure, axes: AXES });
}

test("cells of single tokens are named by words, and larger cells by places from one", () => {
  assert.deepEqual(pictureOf(region({ from: 5 }), 11).columns.labels, ["w5", "w6", "w7"]);
  const pooled = pictureOf(region({ cell: [4, 4], exact: false }), 12);
  assert.deepEqual(pooled.columns.labels, ["1", "5", "9"]);
});

test("a head with masked cells is drawn on the hatched ground", () => {
  const { layout } = matrixFigure(pictureOf(region(), 3));
  assert.equal(layout.images.length, 1);
});
