import assert from "node:assert/strict";
import { test } from "node:test";

import { isOneSequence } from "../../static/js/lib/captures/tokens.js";
import { joined, missingWords } from "../../static/js/lib/captures/wanted.js";
import { isLong, withPlaces, withWords } from "../../static/js/lib/captures/words.js";

/** @import { Capture, ExplorerState, Token } from "../../static/js/lib/captures/types.js" */

/** @param {number} queries @param {number} keys @param {string | null} [image] @returns {Capture} */
function capture(queries, keys, image = null) {
  const sizes = { n_layers: 1, n_heads: 1, n_kv_heads: 1, n_queries: queries, n_keys: keys };
  return /** @type {any} */ ({ id: "some", image, kinds: { self: sizes }, tokens: {} });
}

/** @param {Capture} looked @param {Partial<ExplorerState>} [more] @returns {ExplorerState} */
function state(looked, more = {}) {
  const chosen = { kind: "self", layer: 0, head: 0, query: 5000, key: null, direction: "from" };
  return /** @type {any} */ ({ capture: looked, ...chosen, seen: null, ...more });
}

/** @param {string} text @returns {Token} */
function word(text) {
  const plain = { piece: text, kind: /** @type {const} */ ("text"), joins: false, part: null };
  return { text, ...plain, place: null, is_generated: false };
}

/** @param {number} from @param {number} to */
function words(from, to) {
  return Array.from({ length: to - from }, (_, index) => word(`w${from + index}`));
}

test("words of more than 4,096 tokens come later, but an image's patches come at once", () => {
  assert.equal(isLong(capture(4096, 4096)), false);
  assert.equal(isLong(capture(7, 4097)), true);
  assert.equal(isLong(capture(4097, 4097, "/image")), false);
});

test("until its words are there, a token is called by its place, counted from one", () => {
  const { query, key } = withPlaces(capture(5003, 7)).tokens.self;
  assert.deepEqual([query.length, key.length], [5003, 7]);
  assert.deepEqual([query[0].text, query[5002].text], ["1", "5003"]);
  assert.equal(key[6].is_coming, true);
});

test("words that came stand at their places, in a new capture", () => {
  const before = withPlaces(capture(5003, 5003));
  const after = withWords(before, { kind: "self", side: "key", span: [256, 512] }, words(256, 512));
  assert.equal(before.tokens.self.key[256].text, "257");
  assert.deepEqual(
    [255, 256, 511, 512].map((at) => after.tokens.self.key[at].text),
    ["256", "w256", "w511", "513"],
  );
  assert.equal(after.tokens.self.query, before.tokens.self.query);
});

test("what is not there yet tells no sequences apart, and words that differ do", () => {
  const places = withPlaces(capture(5003, 5003));
  const span = /** @type {[number, number]} */ ([0, 256]);
  const keys = withWords(places, { kind: "self", side: "key", span }, words(0, 256));
  assert.equal(isOneSequence(keys.tokens.self), true);
  const alike = withWords(keys, { kind: "self", side: "query", span }, words(0, 256));
  assert.equal(isOneSequence(alike.tokens.self), true);
  const other = withWords(keys, { kind: "self", side: "query", span }, words(1, 257));
  assert.equal(isOneSequence(other.tokens.self), false);
});

test("asked for are whole spans of the strip and of the chosen query, neighbours together", () => {
  const looked = withPlaces(capture(9001, 9001));
  const asked = joined(missingWords(state(looked, { query: 4000 }), 512));
  assert.deepEqual(
    asked.filter(({ side }) => side === "query").map(({ span }) => span),
    [[3840, 4096]],
  );
  const [keys, ...rest] = asked.filter(({ side }) => side === "key");
  assert.deepEqual(rest, []);
  assert.ok(keys.span[0] % 256 === 0 && keys.span[0] <= 4000 && keys.span[1] >= 4001);
  assert.ok(keys.span[1] - keys.span[0] <= 1024);
});

test("a small window wants the words of its axes, and a large one does not", () => {
  const looked = withPlaces(capture(9001, 9001));
  /** @param {[number, number]} key */
  const spans = (key) =>
    missingWords(state(looked, { query: 0, seen: { query: [0, 8], key } }), 16)
      .filter(({ side }) => side === "key")
      .map(({ span }) => span[0]);
  assert.deepEqual(spans([8000, 8400]).slice(-2), [7936, 8192]);
  assert.deepEqual(spans([2000, 8400]), [5120]); // of the strip, which shows its middle
});

test("words that are there are not asked for again, and the last span ends with the tokens", () => {
  let looked = withPlaces(capture(5003, 5003));
  const missing = () => missingWords(state(looked, { query: 5002 }), 16);
  const first = missing();
  assert.equal(first.at(-1)?.span[1], 5003);
  for (const stretch of first) looked = withWords(looked, stretch, words(...stretch.span));
  assert.deepEqual(missing(), []);
});
