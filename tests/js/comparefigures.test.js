import assert from "node:assert/strict";
import { test } from "node:test";

import { comparedPictures } from "../../static/js/figures/compared.js";
import { differenceFigure } from "../../static/js/figures/difference.js";
import { matrixFigure } from "../../static/js/figures/matrix.js";
import { ramp } from "../../static/js/lib/colour.js";
import {
  differenceOf,
  measuresOf,
  sharedRange,
  zerosOf,
} from "../../static/js/lib/compare/measures.js";

const NONE = NaN;
// Two queries, three keys: the second matrix moves 0.25 of the first row, and all of the second.
const FIRST = [
  [0.5, 0.25, 0.25],
  [1, 0, NONE],
];
const OTHER = [
  [0.75, 0.25, NONE],
  [0, 1, NONE],
];

test("a difference counts what is forbidden as zero, and is a gap only where both forbid", () => {
  assert.deepEqual(differenceOf(FIRST, OTHER), [
    Float32Array.of(0.25, 0, -0.25),
    Float32Array.of(-1, 1, NaN),
  ]);
});

test("the measures of a difference are those worked by hand", () => {
  assert.deepEqual(measuresOf(FIRST, OTHER, true), {
    largest: { value: -1, query: 1, key: 0 },
    mean: (0.25 + 0.25 + 1 + 1) / 6,
    moved: (0.25 + 1) / 2,
  });
});

test("what rows that need not sum to one have moved is not told", () => {
  assert.equal(measuresOf(FIRST, OTHER, false).moved, null);
});

test("rows without any key move nothing", () => {
  const empty = [[NONE, NONE, NONE], OTHER[1]];
  assert.equal(measuresOf(FIRST, empty, true).moved, 1);
  assert.equal(measuresOf(FIRST, [[0, 0, 0], FIRST[1]], true).moved, 0);
});

test("a matrix does not differ from itself", () => {
  const { largest, mean, moved } = measuresOf(OTHER, OTHER, true);
  assert.deepEqual([largest.value, mean, moved], [0, 0, 0]);
});

test("forbidden cells are among those that are exactly zero", () => {
  assert.deepEqual(zerosOf(OTHER), { zero: 3 / 6, forbidden: 2 / 6 });
});

test("the shared range starts at zero unless a weight is negative", () => {
  assert.deepEqual(sharedRange([FIRST, [[0.1, 1.5]]]), [0, 1.5]);
  assert.deepEqual(sharedRange([[[0.2, -0.3]], [[0.25, NONE]]]), [-0.3, 0.25]);
});

/** @type {any} */
const THEME = {
  ...{ surface: "", text: "", muted: "", line: "", mask: "#eee", hatch: "#ccc", font: "mono" },
  sequential: ramp([
    [255, 255, 255],
    [0, 0, 0],
  ]),
  diverging: ramp([
    [0, 0, 255],
    [255, 255, 255],
    [255, 0, 0],
  ]),
};

/** @param {number[][][]} heads @param {boolean} [signed] @returns {any} */
function answer(heads, signed = false) {
  const shape = [heads.length, heads[0].length, heads[0][0].length];
  const weights = { shape, data: Float32Array.from(heads.flat(2)) };
  const tokens = { query: ["<q>", "r"], key: ["k", "l", "m"] };
  return { tokens, weights, flags: { signed, row_stochastic: true } };
}

/** @param {any[]} answers @param {number} [head] */
function pictures(answers, head = 0) {
  return comparedPictures({
    ...{ answers, head, zoom: null, width: 300, tallest: 240, theme: THEME },
    ...{ measure: (label) => label.length * 7, axes: ["keys →", "queries ↓"] },
  });
}

test("all columns share one scale, and their differences another, centred on zero", () => {
  const three = pictures([FIRST, OTHER, [FIRST[0], FIRST[0]]].map((rows) => answer([rows])));
  assert.deepEqual(
    three.map((column) => column?.weights.range),
    [
      [0, 1],
      [0, 1],
      [0, 1],
    ],
  );
  assert.equal(three[0]?.difference, null);
  assert.deepEqual(three[1]?.difference?.range, [-1, 1]);
  assert.deepEqual(three[2]?.difference?.range, [-1, 1]);
  const { zmin, zmax } = matrixFigure(/** @type {any} */ (three[2]).weights).data[0];
  assert.deepEqual([zmin, zmax], [0, 1]);
});

test("one signed column makes the scale of all diverge", () => {
  const signed = answer([
    [
      [0.5, -0.25, 0],
      [2, 0, -1],
    ],
  ]);
  const [first] = pictures([answer([FIRST]), signed]);
  assert.deepEqual([first?.weights.isSigned, first?.weights.range], [true, [-1, 2]]);
});

test("a column with fewer heads shows its last", () => {
  const [first, second] = pictures([answer([OTHER, OTHER, FIRST]), answer([OTHER, FIRST])], 2);
  assert.deepEqual([first?.head, second?.head, second?.asked], [2, 1, 2]);
  assert.deepEqual(second?.difference?.range, [-1, 1]); // nothing differs: a scale there must be
});

test("a column without an answer leaves the others drawn, and nothing to subtract from", () => {
  const [first, second, third] = pictures([null, answer([FIRST]), answer([OTHER])]);
  assert.equal(first, null);
  assert.deepEqual([second?.difference, third?.difference], [null, null]);
  assert.deepEqual(third?.weights.range, [0, 1]);
});

test("a difference stands below its matrix: the same rows, no words over the columns", () => {
  const second = /** @type {any} */ (pictures([answer([FIRST]), answer([OTHER])])[1]);
  const { data, layout } = differenceFigure(second.difference);
  assert.deepEqual(layout.xaxis.tickvals, []);
  assert.deepEqual(layout.yaxis.ticktext, ["&lt;q&gt;", "r"]);
  assert.deepEqual([...data[0].z[0]], [0.25, 0, -0.25]);
  assert.ok(second.difference.frame.height < second.weights.frame.height);
  assert.equal(second.difference.frame.plots[0].width, second.weights.frame.plots[0].width);
});
