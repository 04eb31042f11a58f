import assert from "node:assert/strict";
import { test } from "node:test";

import { stepsOf } from "../../static/js/lib/captures/replay.js";
import { readSelection, writeSelection } from "../../static/js/lib/captures/selection.js";

/** @param {number} queries @param {number} keys */
function sizes(queries, keys) {
  return { n_layers: 2, n_heads: 3, n_kv_heads: 3, n_queries: queries, n_keys: keys };
}

/** @param {string} text @param {string} [kind] @returns {any} */
function token(text, kind = "text") {
  return { text, piece: text, kind };
}

const DATE = [..."3 May"].map((letter) => token(letter));
const WRITTEN = [token("<s>", "special"), ...[..."05-03"].map((letter) => token(letter))];

/** A date model's capture: nothing but its start is given to the decoder. @type {any} */
const DATES = {
  kinds: { encoder: sizes(5, 5), decoder: sizes(6, 6), cross: sizes(6, 5) },
  tokens: {
    encoder: { query: DATE, key: DATE },
    decoder: { query: WRITTEN, key: WRITTEN },
    cross: { query: WRITTEN, key: DATE },
  },
  n_given: { encoder: 5, decoder: 1, cross: 1 },
};

/** @param {string} fields */
function read(fields) {
  return readSelection(new URLSearchParams(fields), DATES);
}

test("an address without a choice shows cross-attention, at the query that writes first", () => {
  const { kind, layer, head, query, key, direction } = read("lang=en");
  assert.deepEqual(
    { kind, layer, head, query, key },
    { kind: "cross", layer: 0, head: 0, query: 0, key: null },
  );
  assert.equal(direction, "from");
});

test("what is written is read again, and other fields of the address stay", () => {
  const chosen = { kind: "decoder", layer: 1, head: 2, query: 3, key: 1 };
  const zoom = /** @type {any} */ ({ query: [1, 4], key: [2.5, 4.5] });
  const selection = { ...chosen, direction: /** @type {const} */ ("to"), isReplay: true, zoom };
  const fields = writeSelection(new URLSearchParams("lang=zh"), selection);
  assert.equal(fields.get("lang"), "zh");
  assert.deepEqual(readSelection(fields, DATES), selection);
});

test("a choice outside the capture is brought inside", () => {
  const { layer, head, query, key } = read("kind=cross&layer=9&head=9&query=99&key=99");
  assert.deepEqual([layer, head, query, key], [1, 2, 5, 4]);
});

test("what is no number or no kind is as good as nothing", () => {
  const { kind, layer, query } = read("kind=__proto__&layer=-1&query=1e3");
  assert.deepEqual([kind, layer, query], ["cross", 0, 0]);
});

test("a look at a key needs a key", () => {
  assert.equal(read("direction=to").direction, "from");
  assert.equal(read("direction=to&key=2").direction, "to");
});

test("an image is first looked at from the token that reads all of it", () => {
  const tokens = [token("[CLS]", "special"), token("", "patch"), token("", "patch")];
  const capture = /** @type {any} */ ({
    kinds: { self: sizes(3, 3) },
    tokens: { self: { query: tokens, key: tokens } },
    n_given: { self: 3 },
  });
  assert.equal(readSelection(new URLSearchParams(), capture).query, 0);
});

test("a text is first looked at from a word near its middle, and not from a special token", () => {
  const tokens = ["[CLS]", "a", "b", "[SEP]", "c"].map((text) =>
    token(text, text[0] === "[" ? "special" : "text"),
  );
  const capture = /** @type {any} */ ({
    kinds: { self: sizes(5, 5) },
    tokens: { self: { query: tokens, key: tokens } },
    n_given: { self: 5 },
  });
  assert.equal(readSelection(new URLSearchParams(), capture).query, 2);
});

test("replay goes from the query that writes the first token to the last query", () => {
  assert.deepEqual(stepsOf(DATES, "cross"), { first: 0, last: 5, areWritten: false });
  assert.equal(stepsOf(DATES, "encoder"), null);
});

test("rows that are named by what they write are all replayed", () => {
  const written = { ...DATES, n_given: { ...DATES.n_given, cross: 0 } };
  assert.deepEqual(stepsOf(written, "cross"), { first: 0, last: 5, areWritten: true });
});
