import assert from "node:assert/strict";
import { test } from "node:test";

import { pictureOf } from "../../static/js/lib/captures/asked.js";
import { shownRuns } from "../../static/js/lib/captures/heat.js";
import { readWindow, writeWindow } from "../../static/js/lib/captures/places.js";
import { createSeen } from "../../static/js/lib/captures/seen.js";
import { reachOf } from "../../static/js/lib/captures/shade.js";
import {
  between,
  boxed,
  centred,
  moved,
  pointAt,
  tokensIn,
  windowOf,
  zoomOf,
  zoomed,
} from "../../static/js/lib/captures/windows.js";

/** @import { Region, Window } from "../../static/js/lib/captures/types.js" */

const SIZES = { n_queries: 700, n_keys: 1100 };
const PLACE = { kind: "self", layer: 0, head: 0 };

/** @param {number[]} query @param {number[]} key */
function window(query, key) {
  return /** @type {Window} */ ({ query, key });
}

test("no zoom is the whole matrix, and the whole matrix is no zoom", () => {
  assert.deepEqual(windowOf(null, SIZES), window([0, 700], [0, 1100]));
  assert.equal(zoomOf(window([-5, 900], [0, 1100]), SIZES), null);
});

test("what is under the pointer stays under it while one comes nearer", () => {
  const before = window([100, 500], [200, 1000]);
  const place = { across: 0.25, down: 0.75 };
  const at = pointAt(before, place);
  assert.deepEqual(at, { query: 400, key: 400 });
  const after = zoomed(before, SIZES, 4, at);
  assert.deepEqual(after, window([325, 425], [350, 550]));
  assert.deepEqual(pointAt(after, place), at);
});

test("going away ends at the edges, and then at the whole", () => {
  const corner = window([600, 700], [0, 100]);
  assert.deepEqual(zoomed(corner, SIZES, 0.5), window([500, 700], [0, 200]));
  assert.equal(zoomOf(zoomed(corner, SIZES, 0.01), SIZES), null);
});

test("two tokens of a side are shown at least, and all of a side that has fewer", () => {
  assert.deepEqual(zoomed(window([10, 12], [30, 40]), SIZES, 1e6).query, [10, 12]);
  const thin = { n_queries: 1, n_keys: 7 };
  assert.deepEqual(zoomed(windowOf(null, thin), thin, 1e6), window([0, 1], [2.5, 4.5]));
});

test("a move keeps the size and stops at the edge", () => {
  const start = window([10, 110], [20, 220]);
  assert.deepEqual(moved(start, SIZES, { query: 5, key: -50 }), window([15, 115], [0, 200]));
  assert.deepEqual(centred(start, SIZES, { query: 690, key: 300 }), window([600, 700], [200, 400]));
});

test("a box holds every token that it touches, whichever corner came first", () => {
  const box = boxed({ query: 30.2, key: 9.9 }, { query: 12.7, key: 4.1 }, SIZES);
  assert.deepEqual(box, window([12, 31], [4, 10]));
});

test("a token that is seen only in part is asked for, and one that only touches is not", () => {
  assert.deepEqual(tokensIn(window([3.5, 9.25], [4, 8])), window([3, 10], [4, 8]));
  assert.deepEqual(tokensIn(window([4 - 1e-9, 8 + 1e-9], [0, 1])).query, [4, 8]);
});

test("on the way between two windows what both show at one place stands still", () => {
  const start = window([0, 400], [0, 800]);
  const end = zoomed(start, SIZES, 16, { query: 100, key: 600 });
  for (const share of [0, 0.3, 0.7, 1]) {
    const { query, key } = between(start, end, share);
    assert.ok(Math.abs((100 - query[0]) / (query[1] - query[0]) - 0.25) < 1e-9);
    assert.ok(Math.abs((600 - key[0]) / (key[1] - key[0]) - 0.75) < 1e-9);
  }
  assert.equal(between(start, end, 0.5).query[1] - between(start, end, 0.5).query[0], 100);
});

test("an address tells the place again, to a part of a pixel", () => {
  const fields = writeWindow(new URLSearchParams("lang=zh"), window([12.12345, 20.5], [0, 900]));
  assert.equal(String(fields), "lang=zh&queries=12.123%3A20.5&keys=0%3A900");
  assert.deepEqual(readWindow(fields, SIZES), window([12.123, 20.5], [0, 900]));
  assert.equal(String(writeWindow(fields, null)), "lang=zh");
});

test("an address that is no place shows the whole, and one outside is brought inside", () => {
  const read = (/** @type {string} */ text) => readWindow(new URLSearchParams(text), SIZES);
  for (const text of ["", "queries=9:3", "queries=a:b&keys=1:", "queries=-4:4", "keys=1e3:2e3"]) {
    assert.equal(read(text), null, text);
  }
  assert.deepEqual(read("queries=680:99999"), null);
  assert.deepEqual(read("queries=650:750&keys=100:200"), window([600, 700], [100, 200]));
  assert.deepEqual(read("keys=100:200"), window([0, 700], [100, 200]));
});

test("a small window comes with every digit and its scores, a larger one a byte a cell", () => {
  const look = { hasScores: true, pixels: 516 };
  const small = pictureOf(PLACE, window([0.5, 128], [0, 100]), look);
  assert.deepEqual(small.weights, { largest: 128, dtype: "f4" });
  assert.deepEqual(small.scores, { largest: 128 });
  assert.deepEqual(small.window, window([0, 128], [0, 100]));
  const large = pictureOf(PLACE, window([0, 129], [0, 100]), look);
  assert.deepEqual([large.weights.dtype, large.scores], ["u1", null]);
  assert.equal(pictureOf(PLACE, window([0, 9], [0, 9]), { hasScores: false }).scores, null);
});

test("a picture has about as many cells as pixels, and 512 a side at most", () => {
  const cells = (/** @type {number} */ pixels) =>
    pictureOf(PLACE, windowOf(null, SIZES), { hasScores: true, pixels }).weights.largest;
  assert.deepEqual([60, 180, 190, 260, 360, 370, 516, 4000].map(cells), [
    ...[128, 128, 256, 256, 256, 512, 512, 512],
  ]);
});

test("colours keep the range of the whole until the largest is below its half", () => {
  assert.deepEqual(
    [0.8, 0.5, 0.4, 0.39, 0.11, 0.1].map((largest) => reachOf(largest, 0.8)),
    [0.8, 0.8, 0.4, 0.4, 0.2, 0.1],
  );
  assert.equal(reachOf(1, 0.8), 1.6); // the whole was a sample
  assert.equal(reachOf(0.3, 0), 0.3);
  assert.equal(reachOf(0, 0.8), 0);
});

test("pictures that were seen are found again, the oldest of many and samples are not", () => {
  const seen = createSeen();
  const asked = (/** @type {number} */ from) =>
    pictureOf(PLACE, window([from, from + 9], [0, 9]), { hasScores: true });
  const picture = (/** @type {any} */ sampled) => /** @type {Region} */ ({ sampled });
  const first = picture(null);
  seen.keep("a", asked(0), first);
  seen.keep("a", asked(1), picture({ queries: 1, done: 0 }));
  assert.equal(seen.find("a", asked(0)), first);
  assert.equal(seen.find("b", asked(0)), null);
  assert.equal(seen.find("a", asked(1)), null);
  for (let at = 2; at < 26; at += 1) seen.keep("a", asked(at), picture(null));
  assert.equal(seen.find("a", asked(0)), null);
  assert.ok(seen.find("a", asked(2)));
});

/** @param {Window | null} seen @param {number} [query] */
function longState(seen, query = 0) {
  const tokens = Array.from({ length: 5000 }, (_, index) => ({ text: `${index}`, piece: "" }));
  const capture = { tokens: { self: { query: tokens, key: tokens } } };
  const direction = /** @type {const} */ ("from");
  return { capture: /** @type {any} */ (capture), kind: "self", query, key: null, direction, seen };
}

test("words follow the window: one run where rows and columns meet, two where they do not", () => {
  const near = shownRuns(longState(window([2000, 2300], [2100, 2500])), 1024);
  assert.deepEqual(near, { query: [2000, 2500], key: [2000, 2500], isOne: true });
  const far = shownRuns(longState(window([4000, 4300], [100, 500])), 1024);
  assert.deepEqual(far, { query: [4000, 4300], key: [100, 500], isOne: false });
});

test("of a window with too many words those around the chosen one are shown, or the middle", () => {
  const wide = window([1000, 5000], [1000, 5000]);
  assert.deepEqual(shownRuns(longState(wide, 4900), 100).query, [4850, 4950]);
  assert.deepEqual(shownRuns(longState(wide, 30), 100).query, [2950, 3050]);
});

test("of the whole the words around the chosen one are shown", () => {
  assert.deepEqual(shownRuns(longState(null, 4900), 1000).key, [4000, 5000]);
});
