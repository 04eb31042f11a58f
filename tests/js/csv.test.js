import assert from "node:assert/strict";
import { test } from "node:test";

import { cellsCsv, outputsCsv } from "../../static/js/lib/csv.js";

/** @type {any} */
const ANSWER = {
  tokens: { query: ["=1+1", 'a,"b"'], key: ["-x", "+y", "ok"] },
  scores: { shape: [1, 2, 3], data: Float32Array.of(-0.5, NaN, 1, 0.1, 2, -3) },
  weights: { shape: [1, 2, 3], data: Float32Array.of(0.25, NaN, 0.75, 0, 1, 0) },
  outputs: { shape: [1, 2, 2], data: Float32Array.of(-1.5, 2, NaN, NaN) },
};

test("each cell is a line; tokens cannot become formulas, and numbers keep their sign", () => {
  const lines = cellsCsv(ANSWER).split("\r\n");
  assert.equal(lines[0], "head,query,key,query_token,key_token,score,weight");
  assert.equal(lines[1], "0,0,0,'=1+1,'-x,-0.5,0.25");
  assert.equal(lines[2], "0,0,1,'=1+1,'+y,,0");
  assert.equal(lines[4], '0,1,0,"a,""b""",\'-x,0.100000001,0');
  assert.equal(lines.length, 8);
});

test("each query is a line of outputs; an empty row is zero", () => {
  assert.deepEqual(outputsCsv(ANSWER).split("\r\n"), [
    "head,query,query_token,output_0,output_1",
    "0,0,'=1+1,-1.5,2",
    '0,1,"a,""b""",0,0',
    "",
  ]);
});
