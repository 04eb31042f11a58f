import assert from "node:assert/strict";
import { test } from "node:test";

import { colourBar } from "../../static/js/figures/bar.js";
import { matrixFigure } from "../../static/js/figures/matrix.js";
import { picturesOf } from "../../static/js/figures/pictures.js";
import { planPanels } from "../../static/js/figures/plan.js";
import { thumbnail } from "../../static/js/figures/thumbnail.js";
import { ramp } from "../../static/js/lib/colour.js";
import { readLabel } from "../../static/js/lib/labels.js";

/** @import { Rgb } from "../../static/js/lib/colour.js" */

/** @type {Rgb[]} */
const GREYS = [
  [255, 255, 255],
  [0, 0, 0],
];
const COLOURS = { surface: "", text: "", muted: "", line: "", mask: "#eee", hatch: "#ccc" };
/** @type {any} */
const THEME = { ...COLOURS, font: "mono", sequential: ramp(GREYS), diverging: ramp(GREYS) };

/** @param {number} heads @param {string[]} query @param {string[]} key @returns {any} */
function answer(heads, query, key) {
  const size = heads * query.length * key.length;
  const data = Float32Array.from({ length: size }, (_, index) => (index % key.length ? 0.25 : NaN));
  const matrix = { shape: [heads, query.length, key.length], data };
  const outputs = {
    shape: [heads, query.length, 2],
    data: new Float32Array(heads * query.length * 2),
  };
  return { tokens: { query, key }, scores: matrix, weights: matrix, outputs, emptyRows: [] };
}

/** @param {any} shown @param {Partial<import("../../static/js/figures/pictures.js").View>} [more] */
function pictures(shown, more = {}) {
  return picturesOf({
    answer: shown,
    heads: [0],
    zoom: null,
    width: 360,
    tallest: 600,
    theme: THEME,
    isSigned: false,
    measure: (label) => readLabel(label).length * 7,
    nameHead: (head) => `head ${head + 1}`,
    axes: { queries: "queries ↓", keys: "keys →", features: "features →" },
    ...more,
  });
}

const HARD = ["<s>", '<a href="%zz">', "the", "the", "the"];

test("ticks stand at positions, so that a repeated token has all its rows", () => {
  const { layout } = matrixFigure(pictures(answer(1, HARD, HARD)).weights);
  assert.deepEqual(layout.yaxis.tickvals, [0, 1, 2, 3, 4]);
  assert.deepEqual(layout.yaxis.ticktext.slice(0, 2), ["&lt;s&gt;", '&lt;a href="%zz"&gt;']);
});

test("a panel without any room still has ticks", () => {
  const { layout } = matrixFigure(pictures(answer(1, HARD, HARD), { width: 0 }).weights);
  assert.ok(layout.xaxis.tickvals.length >= 1);
});

test("the first query stands on top", () => {
  const { layout } = matrixFigure(pictures(answer(1, HARD, HARD)).scores);
  assert.deepEqual(layout.yaxis.range, [4.5, -0.5]);
});

test("the rows of all three panels stand at the same height", () => {
  const { scores, weights, outputs } = pictures(answer(1, HARD, ["a", "b", "c"]));
  const place = (/** @type {any} */ { frame }) => [
    frame.plots[0].top,
    frame.plots[0].height,
    frame.height,
  ];
  assert.deepEqual(place(scores), place(outputs));
  assert.deepEqual(place(weights), place(outputs));
});

test("forbidden cells are gaps over one hatched image, however many they are", () => {
  const tokens = Array.from({ length: 128 }, (_, index) => `t${index}`);
  const { data, layout } = matrixFigure(pictures(answer(1, tokens, tokens)).weights);
  assert.equal(layout.images.length, 1);
  assert.equal(layout.images[0].layer, "below");
  assert.ok(Number.isNaN(data[0].z[5][0]));
  assert.ok(!layout.shapes);
});

test("weights start at zero; scores are centred on it", () => {
  const { scores, weights } = pictures(answer(1, HARD, HARD));
  const [weight] = matrixFigure(weights).data;
  const [score] = matrixFigure(scores).data;
  assert.deepEqual([weight.zmin, weight.zmax], [0, 0.25]);
  assert.deepEqual([score.zmin, score.zmax], [-0.25, 0.25]);
});

test("colours of weights that may be negative are centred on zero; their bar has the real ends", () => {
  const shown = answer(1, HARD, HARD);
  shown.weights.data.set([-0.1, 0.4]);
  const { data, layout } = matrixFigure(pictures(shown, { isSigned: true }).weights);
  const ends = layout.annotations.map((/** @type {any} */ { text }) => text);
  assert.deepEqual([data[0].zmin, data[0].zmax].map(Math.fround), [-0.4, 0.4].map(Math.fround));
  assert.deepEqual(ends.slice(0, 3), ["\u22120.1", "0.4", "0"]);
});

test("a bar tells its unit where there is room between its ends", () => {
  /** @param {number} width @param {[number, number]} range */
  const told = (width, range) => {
    const frame = { width: 311, height: 107, bar: { left: 0, top: 53, width, height: 6 } };
    const picture = { frame, theme: {}, range, unit: "weight" };
    return colourBar(/** @type {any} */ (picture), 2).ends.map(({ text }) => text);
  };
  assert.deepEqual(told(200, [0, 0.5]), ["0", "0.5", "weight"]);
  assert.deepEqual(told(80, [0, 0.5]), ["0", "0.5"]);
  assert.deepEqual(told(200, [-1, 1]), ["\u22121", "1", "0"]);
});

test("of a head made of two, the scores of the chosen one are drawn", () => {
  const shown = answer(2, HARD, HARD);
  const data = Float32Array.from({ length: 4 * 25 }, (_, index) => Math.floor(index / 25));
  shown.scores = { shape: [4, 5, 5], data };
  const first = (/** @type {any} */ more) => pictures(shown, more).scores.heads[0][0][0];
  assert.deepEqual([first({ heads: [1] }), first({ heads: [1], member: 1 })], [2, 3]);
  assert.equal(first({ heads: [0], member: 9 }), 1);
});

test("all heads share one range and have a plot and a title each", () => {
  const shown = pictures(answer(3, HARD, HARD), { heads: [0, 1, 2] });
  const { data, layout } = matrixFigure(shown.weights);
  const maps = data.filter(({ hoverinfo }) => hoverinfo === "none");
  assert.equal(maps.length, 3);
  assert.equal(new Set(maps.map(({ zmax }) => zmax)).size, 1);
  assert.equal(layout.annotations[1].text, "head 2");
  assert.deepEqual(Object.keys(layout).filter((name) => /^xaxis/.test(name)).length, 4);
});

test("a zoom keeps only the ticks inside it", () => {
  const zoom = { query: /** @type {[number, number]} */ ([0.5, 2.5]), key: null, dim: null };
  const { layout } = matrixFigure(pictures(answer(1, HARD, HARD), { zoom }).scores);
  assert.deepEqual(layout.yaxis.tickvals, [1, 2]);
});

test("of many labels some are left out, and never the last", () => {
  const tokens = Array.from({ length: 60 }, (_, index) => `t${index}`);
  const { layout } = matrixFigure(pictures(answer(1, tokens, tokens)).weights);
  const { tickvals, tickfont } = layout.yaxis;
  assert.equal(tickvals.at(-1), 59);
  assert.equal(tickfont.size, 11);
  const steps = tickvals.slice(1).map((/** @type {number} */ at, /** @type {number} */ index) => {
    return at - tickvals[index];
  });
  assert.ok(Math.min(...steps) >= steps[0]);
});

test("long labels end in an ellipsis, and leave room for the cells", () => {
  const shown = pictures(answer(1, ["a".repeat(40), "b"], ["a", "b"])).scores;
  assert.match(shown.rows.labels[0], /^a+…$/);
  assert.ok(shown.rows.labels[0].length * 7 <= 360 * 0.52);
  assert.equal(shown.rows.labels[1], "b");
});

test("each matrix says once what its axes are", () => {
  const shown = pictures(answer(3, HARD, HARD), { heads: [0, 1, 2] });
  const titles = (/** @type {any} */ picture) =>
    matrixFigure(picture)
      .layout.annotations.map((/** @type {any} */ { text }) => text)
      .filter((/** @type {string} */ text) => /queries/.test(text));
  assert.deepEqual(titles(shown.weights), ["queries ↓  keys →"]);
  assert.deepEqual(titles(pictures(answer(1, HARD, HARD)).outputs), ["features →<br>queries ↓"]);
});

test("cells are square where queries and keys are as many", () => {
  const sizes = { width: 360, tallest: 600, heads: 1, queryLabel: 50, keyLabel: 50 };
  const [plot] = planPanels({ ...sizes, queries: 64, keys: 64 }).square.plots;
  assert.ok(Math.abs(plot.width - plot.height) < 1e-9);
  assert.ok(plot.left + plot.width <= 360);
});

test("a thumbnail keeps a lone peak of a large matrix", () => {
  const rows = Array.from({ length: 300 }, () => new Float32Array(300));
  rows[123][45] = 1;
  const grey = (/** @type {number} */ value) => /** @type {Rgb} */ ([value * 255, 0, 0]);
  const { width, height, pixels } = thumbnail(rows, grey, [9, 9, 9]);
  assert.ok(width <= 60 && height <= 60);
  assert.equal(Math.max(...pixels.filter((_, index) => index % 4 === 0)), 255);
});
