import assert from "node:assert/strict";
import { test } from "node:test";

import { gridPixels, tileOf } from "../../static/js/figures/headgrid.js";
import { ramp } from "../../static/js/lib/colour.js";
import { decodeGrid } from "../../static/js/lib/captures/grids.js";

const GREYS = ramp(
  [
    [255, 255, 255],
    [0, 0, 0],
  ],
  256,
);

/** Two layers of three heads; all are zero but one cell of the last. */
function grid() {
  const bytes = new Uint8Array(2 * 3 * 5 * 7);
  bytes[bytes.length - 1] = 255;
  const matrix = { shape: [2, 3, 5, 7], dtype: "u1", bdata: Buffer.from(bytes).toString("base64") };
  const scale = [
    [0.5, 0.5, 0.5],
    [0.5, 0.5, 1],
  ];
  return decodeGrid({ kind: "self", matrix, scale, cell: [1, 1] });
}

/** @param {ReturnType<typeof gridPixels>} picture @param {number} x @param {number} y */
function red({ width, pixels }, x, y) {
  return pixels[(y * width + x) * 4];
}

test("each head stands in its own tile, with gaps that nothing is drawn in", () => {
  const tile = { width: 14, height: 10, gap: 4 };
  const picture = gridPixels(grid(), tile, { scale: 1, colours: GREYS });
  assert.deepEqual([picture.width, picture.height], [3 * 18 - 4, 2 * 14 - 4]);
  assert.equal(picture.pixels[(0 * picture.width + 15) * 4 + 3], 0);
  assert.equal(red(picture, picture.width - 1, picture.height - 1), 0);
  assert.equal(red(picture, 0, 0), 255);
});

test("a lone peak is still seen in a tile smaller than the matrix", () => {
  const tile = { width: 3, height: 2, gap: 1 };
  const picture = gridPixels(grid(), tile, { scale: 1, colours: GREYS });
  assert.equal(red(picture, picture.width - 1, picture.height - 1), 0);
});

test("each head is shaded up to its own largest weight", () => {
  const dim = grid();
  dim.bytes[0] = 255; // of a head whose largest weight is half of the largest of all
  const picture = gridPixels(dim, { width: 7, height: 5, gap: 0 }, { scale: 1, colours: GREYS });
  assert.equal(red(picture, 0, 0), 0);
  assert.equal(red(picture, picture.width - 1, picture.height - 1), 0);
});

test("a picture for a screen of two pixels a point has twice as many each way", () => {
  const tile = { width: 7, height: 5, gap: 4 };
  const once = gridPixels(grid(), tile, { scale: 1, colours: GREYS });
  const twice = gridPixels(grid(), tile, { scale: 2, colours: GREYS });
  assert.deepEqual([twice.width, twice.height], [once.width * 2, once.height * 2]);
});

test("tiles fill the room, and never get too small to be hit", () => {
  const { width, gap } = tileOf([6, 12, 32, 32], 340);
  assert.ok(12 * (width + gap) - gap <= 340);
  assert.ok(13 * (width + gap) > 340);
  assert.equal(tileOf([32, 32, 32, 32], 340).width, 14);
});
