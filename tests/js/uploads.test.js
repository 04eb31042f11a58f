import assert from "node:assert/strict";
import { test } from "node:test";

import { isWorthEstimate } from "../../static/js/lib/captures/asking.js";
import { formatOf, restOf } from "../../static/js/lib/captures/uploads.js";

test("a file's format is told by the end of its name", () => {
  assert.equal(formatOf("heads.safetensors"), "safetensors");
  assert.equal(formatOf("HEADS.NPZ"), "npz");
  for (const name of ["heads.pt", "npz", "heads.npz.txt", ""]) assert.equal(formatOf(name), null);
});

test("the rest of an upload takes as long as its share so far did", () => {
  assert.equal(restOf({ sent: 30, total: 120, elapsed_s: 2 }), 6);
  assert.equal(restOf({ sent: 120, total: 120, elapsed_s: 2 }), 0);
});

test("nobody can tell how long an upload takes before it has gone on for a second", () => {
  assert.equal(restOf({ sent: 30, total: 120, elapsed_s: 0.9 }), null);
  assert.equal(restOf({ sent: 0, total: 120, elapsed_s: 5 }), null);
});

test("an estimate is asked for of long texts, and of models that are here", () => {
  /** @param {string} state @param {string[]} [accepts] */
  const model = (state, accepts = ["text"]) => /** @type {any} */ ({ state, accepts });
  const long = "word ".repeat(40);
  assert.equal(isWorthEstimate(model("loaded"), long), true);
  assert.equal(isWorthEstimate(model("here"), long), true);
  assert.equal(isWorthEstimate(model("not_downloaded"), long), false);
  assert.equal(isWorthEstimate(model("loaded"), "3 May 1979"), false);
  assert.equal(isWorthEstimate(model("loaded", ["image"]), long), false);
});
