import assert from "node:assert/strict";
import { test } from "node:test";

import {
  faultsOf,
  firstText,
  isImageName,
  takesImage,
  takesText,
} from "../../static/js/lib/captures/asking.js";
import { sizeOf } from "../../static/js/lib/captures/sizes.js";

/** @param {Record<string, any>} more @returns {any} */
function model(more) {
  return { source: "hub", accepts: ["text"], examples: [], ...more };
}

test("a model is asked for what it accepts, and for both while that is not known", () => {
  assert.deepEqual([takesText(model({})), takesImage(model({}))], [true, false]);
  const vision = model({ accepts: ["image"] });
  assert.deepEqual([takesText(vision), takesImage(vision)], [false, true]);
  for (const both of [model({ accepts: ["pair"] }), model({ accepts: [] })]) {
    assert.deepEqual([takesText(both), takesImage(both)], [true, true]);
  }
});

test("a model that learned one thing starts with its own text, any other with the workbench's", () => {
  const examples = ["3 May 1979"];
  assert.equal(firstText(model({ source: "zoo", examples }), { text: "The cat" }), "3 May 1979");
  assert.equal(firstText(model({ examples }), { text: "The cat" }), "The cat");
  assert.equal(firstText(model({ examples }), { tokens: ["The", "cat"] }), "The cat");
  assert.equal(firstText(model({ examples }), { query: [[1]] }), "3 May 1979");
});

test("the name of an image is no text to start with", () => {
  assert.equal(isImageName("digit-3.png"), true);
  assert.equal(isImageName("I sent you a.png file"), false);
  assert.equal(firstText(model({ source: "zoo", examples: ["three.png"] }), {}), "");
});

test("a fault is told at the field that its path ends in", () => {
  const fields = ["model", "text"];
  const errors = [
    { loc: ["source", "model", "text"], message: "too long" },
    { loc: ["body"], message: "too large" },
  ];
  assert.deepEqual(faultsOf({ errors }, fields), [
    { field: "text", message: "too long" },
    { field: null, message: "too large" },
  ]);
});

test("sizes are told in the unit that fits", () => {
  assert.deepEqual([940_000, 90_900_000, 2_140_000_000].map(sizeOf), ["0.9 MB", "91 MB", "2.1 GB"]);
});
