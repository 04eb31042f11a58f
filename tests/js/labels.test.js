import assert from "node:assert/strict";
import { test } from "node:test";

import { plotLabel, readLabel, tokenizerMark, visibleToken } from "../../static/js/lib/labels.js";

const VERBATIM = [
  "<s>",
  "</s>",
  '<a href="%zz">',
  "##ing",
  "Ġthe",
  "▁the",
  "مرحبا",
  "自然",
  "a b",
  "&amp;",
];
const EMOJI = ["👩‍🔬", "🏳️‍🌈", "👍🏽", "🇺🇳", "1️⃣", "🏴󠁧󠁢󠁷󠁬󠁳󠁿", "❤️"];

for (const token of [...VERBATIM, ...EMOJI]) {
  test(`${JSON.stringify(token)} is shown verbatim`, () => {
    assert.equal(visibleToken(token), token);
  });
}

for (const [token, shown] of [
  ["\n", "⏎"],
  ["\t", "⇥"],
  ["a\r", "aU+000D"],
  [" the", "·the"],
  ["the ", "the·"],
  ["  ", "··"],
  ["\u200b", "U+200B"],
  ["a\u202eb", "aU+202Eb"],
  ["\u200d", "U+200D"],
  ["a\u200db", "aU+200Db"],
  ["\u2066x\u2069", "U+2066xU+2069"],
  ["\ufeffx", "U+FEFFx"],
  ["\u0000", "U+0000"],
  ["\ud800", "U+D800"],
  ["a\u00a0b", "aU+00A0b"],
  ["", ""],
]) {
  test(`${JSON.stringify(token)} is shown as ${shown}`, () => {
    assert.equal(visibleToken(token), shown);
  });
}

test("a token of 65 graphemes is cut after 64", () => {
  assert.equal(visibleToken("👩‍🔬".repeat(65)), `${"👩‍🔬".repeat(64)}…`);
  assert.equal(visibleToken("x".repeat(64)), "x".repeat(64));
});

test("a label of Plotly holds no tag and no entity of the token's", () => {
  assert.equal(plotLabel('<a href="%zz">&lt;'), '&lt;a href="%zz"&gt;&amp;lt;');
});

for (const token of [...VERBATIM, "&lt;s&gt;", "&amp;lt;"]) {
  test(`the label of ${JSON.stringify(token)} is read as the token`, () => {
    assert.equal(readLabel(plotLabel(token)), token);
  });
}

test("the marks of tokenizers are told from the word", () => {
  assert.deepEqual(tokenizerMark("##ing"), ["##", "ing"]);
  assert.deepEqual(tokenizerMark("Ġthe"), ["Ġ", "the"]);
  assert.deepEqual(tokenizerMark("##"), ["", "##"]);
  assert.deepEqual(tokenizerMark("ing"), ["", "ing"]);
});
