import assert from "node:assert/strict";
import { test } from "node:test";

import {
  readFlags,
  readRows,
  show,
  showBounded,
  showBrief,
  showFixed,
  writeRows,
} from "../../static/js/lib/numbers.js";

const ROWS = [
  [1, -2.5, 0.003],
  [4, 5, 6],
];

for (const text of [
  "1 -2.5 3e-3\n4 5 6",
  "1, -2.5, .003;\n4,5,6",
  "[[1, -2.5, 3e-3],\n [4, 5, 6]]",
  "1\t\u22122.5\t0.003\r\n4\t5\t6\n",
  "tensor([[1., -2.5, 0.003], [4, 5, 6]])".slice(7, -1),
]) {
  test(`${JSON.stringify(text)} is read as two rows of three`, () => {
    assert.deepEqual(readRows(text), { rows: ROWS });
  });
}

test("what is written is read again", () => {
  assert.deepEqual(readRows(writeRows(ROWS)), { rows: ROWS });
});

for (const [text, wrong] of [
  ["1 two 3", "two"],
  ["1 NaN", "NaN"],
  ["1 1e999", "1e999"],
  ["0x10", "0x10"],
]) {
  test(`${text} is refused for ${wrong}`, () => {
    assert.deepEqual(readRows(text), { wrong });
  });
}

test("flags are read from digits with and without spaces, and from words", () => {
  const rows = [
    [true, false],
    [false, true],
  ];
  assert.deepEqual(readFlags("10\n01"), { rows });
  assert.deepEqual(readFlags("1 0\nfalse True"), { rows });
  assert.deepEqual(readFlags("1 2"), { wrong: "2" });
});

test("numbers for the eye have a true minus, and neither −0 nor a lost small number", () => {
  assert.equal(show(-1.2345), "−1.23");
  assert.equal(show(-0.0), "0.00");
  assert.equal(show(0.0001), "1.0e−4");
  assert.equal(show(null), "–");
  assert.equal(show(-Infinity), "−∞");
  assert.equal(showBrief(-0.001), "0.00");
});

test("numbers of a column keep its decimals", () => {
  assert.equal(showFixed(-0.0044, 2), "0.00");
  assert.equal(showFixed(-1.2345, 2), "−1.23");
  assert.equal(showFixed(1e20, 2), "1.0e+20");
  assert.equal(showBounded(0, 3), "0.000");
  assert.equal(showBounded(0.0004, 3), "< 0.001");
  assert.equal(showBounded(-0.0004, 3), "> −0.001");
  assert.equal(showBounded(0.0005, 3), show(0.0005, 3));
});
