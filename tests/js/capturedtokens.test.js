import assert from "node:assert/strict";
import { test } from "node:test";

import { heatRun, shownRuns } from "../../static/js/lib/captures/heat.js";
import {
  directionOf,
  isOneSequence,
  labelOf,
  patchGrid,
  readingOf,
  runAround,
} from "../../static/js/lib/captures/tokens.js";

/** @import { Token } from "../../static/js/lib/captures/types.js" */

/** @param {string} text @param {Partial<Token>} [more] @returns {Token} */
function token(text, more = {}) {
  const plain = { piece: text, kind: /** @type {const} */ ("text"), joins: false, part: null };
  return { text, ...plain, place: null, is_generated: false, ...more };
}

const CLS = token("[CLS]", { kind: "special" });

test("the tokenizer's mark stands apart from the text", () => {
  assert.deepEqual(readingOf(token("ing", { piece: "##ing" })), {
    mark: "##",
    text: "ing",
    end: "",
  });
  assert.deepEqual(readingOf(token("the", { piece: "▁the" })).mark, "▁");
  assert.deepEqual(readingOf(token("the", { piece: "Ġthe" })).mark, "▁");
  assert.equal(labelOf(token("the", { piece: "▁the" })), "the");
  assert.equal(labelOf(token("ing", { piece: "##ing" })), "##ing");
});

test("a part of a character tells which part it is, counted from one", () => {
  assert.equal(labelOf(token("中", { piece: "ä¸", part: [0, 3] })), "中 1/3");
});

test("a special token's own signs are no mark", () => {
  assert.equal(readingOf(token("##", { piece: "##x", kind: "special" })).mark, "");
});

test("a patch is called by its row and its column, counted from one", () => {
  assert.equal(labelOf(token("", { kind: "patch", place: [1, 4] })), "2,5");
});

test("a sequence is read in the direction of its first letter, whatever its special tokens", () => {
  assert.equal(directionOf([CLS, token("!"), token("القطة")]), "rtl");
  assert.equal(directionOf([CLS, token("3"), token("May"), token("קטן")]), "ltr");
  assert.equal(directionOf([CLS, token("1979")]), "ltr");
});

test("patches are counted in rows and columns; without any there is no grid", () => {
  const patch = (/** @type {[number, number]} */ place) => token("", { kind: "patch", place });
  assert.deepEqual(patchGrid([CLS, patch([0, 0]), patch([1, 2])]), { rows: 2, columns: 3 });
  assert.equal(patchGrid([CLS]), null);
});

test("two sequences are one when they say the same", () => {
  const words = [CLS, token("a")];
  assert.equal(isOneSequence({ query: words, key: [...words] }), true);
  assert.equal(isOneSequence({ query: words, key: [CLS, token("b")] }), false);
  assert.equal(isOneSequence({ query: words, key: [CLS] }), false);
});

test("of a long sequence the tokens around the chosen one are shown", () => {
  assert.deepEqual(runAround(7, 5, 8), [0, 7]);
  assert.deepEqual(runAround(101, 0, 8), [0, 8]);
  assert.deepEqual(runAround(101, 100, 8), [93, 101]);
  for (let at = 0; at < 101; at += 1) {
    const [from, to] = runAround(101, at, 8);
    assert.ok(from <= at && at < to, `${at} in ${from}–${to}`);
  }
});

test("heat is on the keys of a query, and on the queries of a key", () => {
  const query = Array.from({ length: 11 }, (_, index) => token(`q${index}`));
  const key = Array.from({ length: 7 }, (_, index) => token(`k${index}`));
  const capture = /** @type {any} */ ({ tokens: { cross: { query, key } } });
  const state = { capture, kind: "cross", query: 3, key: 2, seen: null };
  assert.deepEqual(heatRun({ ...state, direction: "from" }, 64), [0, 7]);
  assert.deepEqual(heatRun({ ...state, direction: "to" }, 64), [0, 11]);
  assert.equal(shownRuns({ ...state, direction: "to" }, 64).isOne, false);
});
