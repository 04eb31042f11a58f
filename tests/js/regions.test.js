import assert from "node:assert/strict";
import { test } from "node:test";

import { lineOf, spreadOf, topOf } from "../../static/js/lib/captures/lines.js";
import { cellAt, decodeRegion, tokensAt } from "../../static/js/lib/captures/regions.js";
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

test("bits beside the weights tell which cells are masked, each row in bytes of its own", () => {
  const matrix = encoded(Array(2 * 10).fill(0.5), [2, 10]);
  const masked = Buffer.from([0b00000001, 0b10000000, 0b11000000, 0b01000000]).toString("base64");
  const answer = { matrix, query: [8, 10], key: [4, 14], cell: [1, 1], exact: true, masked };
  const { weights, scores } = decodeRegion(PLACE, answer, null);
  const gaps = Array.from(weights.data, (weight, at) => (Number.isNaN(weight) ? at : -1));
  assert.deepEqual(
    gaps.filter((at) => at >= 0),
    [7, 8, 10, 11, 19],
  );
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

const GREYS = ramp([
  [255, 255, 255],
  [0, 0, 0],
]);
const THEME = /** @type {any} */ ({ font: "mono", sequential: GREYS, diverging: GREYS });
const AXES = { queries: "queries ↓", keys: "keys →" };
const VIEW = { width: 500, tallest: 400, theme: THEME, most: 1, axes: AXES };
const measure = (/** @type {string} */ label) => label.length * 7;

/**
 * @param {ReturnType<typeof region>} shown
 * @param {number} count
 * @param {import("../../static/js/lib/captures/types.js").Window} [window]
 */
function pictureOf(shown, count, window = { query: shown.query, key: shown.key }) {
  const words = /** @type {any[]} */ (
    Array.from({ length: count }, (_, index) => {
      return { text: `w${index}`, piece: `w${index}`, kind: "text", part: null, place: null };
    })
  );
  const sizes = { n_queries: count, n_keys: count };
  const sides = { query: words, key: words };
  return headPicture({ ...VIEW, region: shown, window, sizes, sides, measure });
}

/** @param {ReturnType<typeof pictureOf>} picture */
function columnTicks({ columns: { ticks } }) {
  return [ticks?.places, ticks?.labels];
}

test("words stand at the middle of their columns, and more than are read leave places from one", () => {
  assert.deepEqual(columnTicks(pictureOf(region({ from: 5 }), 11)), [
    [0, 1, 2],
    ["w5", "w6", "w7"],
  ]);
  const pooled = region({ cell: [512, 512], exact: false });
  const ticks = [1, 200, 400, 600, 800, 1000, 1200, 1400];
  assert.deepEqual(columnTicks(pictureOf(pooled, 1536)), [
    ticks.map((place) => (place - 0.5) / 512 - 0.5),
    ["1", "200", "400", "600", "800", "1,000", "1,200", "1,400"],
  ]);
});

test("words stand beside a long matrix as soon as there is room for each", () => {
  const few = pictureOf(region({ from: 700 }), 1536);
  assert.deepEqual(columnTicks(few)[1], ["w700", "w701", "w702"]);
  assert.deepEqual(few.frame, pictureOf(region({ cell: [512, 512], exact: false }), 1536).frame);
});

test("a window inside a region is drawn as ranges among its cells", () => {
  const shown = region({ from: 8, cell: [4, 4], exact: false });
  const { rows, columns } = pictureOf(shown, 61, { query: [9, 15], key: [8, 18] });
  assert.deepEqual(
    [rows.range, columns.range],
    [
      [-0.25, 1.25],
      [-0.5, 2],
    ],
  );
});

test("a picture stays where it was while another part of the matrix is on its way", () => {
  const shown = region({ from: 2 });
  const { data } = matrixFigure(pictureOf(shown, 9, { query: [3, 5], key: [3, 7] }));
  assert.equal(data[0].z.length, 2);
});

test("a head with masked cells is drawn on the hatched ground", () => {
  const { layout } = matrixFigure(pictureOf(region(), 3));
  assert.equal(layout.images.length, 1);
});

test("a part of the plot that the region does not reach has no ground", () => {
  const shown = region({ from: 8, cell: [4, 4], exact: false });
  const { frame, known } = pictureOf(shown, 61, { query: [8, 16], key: [14, 26] });
  const [plot] = frame.plots;
  assert.ok(known);
  // Of the keys 8 to 19 that are known, the window of 14 to 25 shows the first half.
  assert.deepEqual([known.left, known.width], [plot.left, plot.width / 2]);
  assert.deepEqual([known.top, known.height], [plot.top, plot.height]);
  const { layout } = matrixFigure(
    /** @type {any} */ ({
      ...pictureOf(shown, 61, { query: [30, 40], key: [30, 40] }),
      hasGaps: true,
    }),
  );
  assert.deepEqual(layout.images, []);
});
