import assert from "node:assert/strict";
import { test } from "node:test";

import { layerNumber, layersOf, writeLayers } from "../../static/js/lib/captures/layers.js";

const TWELVE = { own: "", count: 12 };

test("all layers are asked for by naming none", () => {
  assert.equal(layersOf("all", TWELVE), null);
  assert.equal(layersOf("fourth", { own: "", count: null }), null);
});

test("every fourth layer ends with the last of twelve, and the last stands alone", () => {
  assert.deepEqual(layersOf("fourth", TWELVE), [3, 7, 11]);
  assert.deepEqual(layersOf("last", TWELVE), [11]);
});

test("every fourth of a model with fewer layers is its last", () => {
  assert.deepEqual(layersOf("fourth", { own: "", count: 3 }), [2]);
});

test("an own list is counted from one, with runs, in any order, each layer once", () => {
  assert.deepEqual(layersOf("own", { own: "12, 1–3, 2", count: 12 }), [0, 1, 2, 11]);
  assert.deepEqual(layersOf("own", { own: "1，6、12", count: 12 }), [0, 5, 11]);
});

test("a list that names no layer of the model is none", () => {
  for (const own of ["", "0", "13", "3-1", "one", "1, x", "1.5"]) {
    assert.equal(layersOf("own", { own, count: 12 }), undefined, own);
  }
});

test("layers are written as they are read", () => {
  assert.equal(writeLayers([11, 0, 1, 2]), "1–3, 12");
  assert.deepEqual(layersOf("own", { own: writeLayers([0, 1, 4]), count: null }), [0, 1, 4]);
});

test("a layer is called by its number in the model, whichever are kept", () => {
  /** @param {Record<string, any>} source */
  const named = (source) => [0, 1, 2].map((layer) => layerNumber({ source }, layer));
  assert.deepEqual(named({}), [1, 2, 3]);
  assert.deepEqual(named({ layers: [11, 0, 5, 0] }), [1, 6, 12]);
});
