import assert from "node:assert/strict";
import { test } from "node:test";

import { cellsCsv } from "../../static/js/lib/csv.js";
import { gapsOf, membersOf, scoreHead, scoresAt } from "../../static/js/lib/members.js";

/** @param {number} heads */
const matrix = (heads) => ({
  shape: [heads, 2, 3],
  data: Float32Array.from({ length: heads * 6 }, (_, index) => index),
});
const PAIRS = { scores: matrix(4), weights: matrix(2) };
const ALONE = { scores: matrix(2), weights: matrix(2) };

test("a head of weights is made of as many score heads as there are for each", () => {
  assert.deepEqual([membersOf(PAIRS), membersOf(ALONE)], [2, 1]);
  assert.deepEqual([scoreHead(PAIRS, 1, 0), scoreHead(PAIRS, 1, 1)], [2, 3]);
  assert.equal(scoreHead(ALONE, 1, 1), 1);
  assert.deepEqual(scoresAt(PAIRS, 1, 1, 2), [17, 23]);
});

test("a weight is a gap only where every score that makes it is one", () => {
  const scores = { shape: [4, 2, 3], data: PAIRS.scores.data.slice() };
  scores.data[12] = NaN; // first cell of score head 2
  const isGap = gapsOf(scores, PAIRS.weights);
  assert.equal(isGap(6), false);
  scores.data[18] = NaN;
  assert.deepEqual([isGap(6), isGap(0), isGap(7)], [true, false, false]);
  assert.equal(gapsOf(ALONE.scores, ALONE.weights)(11), false);
});

test("a file of cells has a column for each score", () => {
  const tokens = { query: ["a", "b"], key: ["c", "d", "e"] };
  /** @type {any} */
  const answer = { ...PAIRS, tokens };
  const [head, first] = cellsCsv(answer).split("\r\n");
  assert.equal(head, "head,query,key,query_token,key_token,score_1,score_2,weight");
  assert.equal(first, "0,0,0,a,c,0,6,0");
});
