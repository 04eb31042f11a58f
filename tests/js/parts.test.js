import assert from "node:assert/strict";
import { test } from "node:test";

import { isSeeded, valuesOf } from "../../static/js/lib/parts.js";

/** @param {Record<string, any>} properties */
const schema = (properties) => ({ type: "object", properties });
const NUMBER = { type: "integer", title: "Length" };
const WORDS = { enum: ["upper_left"], title: "Align" };
const OF = { type: "array", items: { part: "mask" }, title: "Of" };
/** @type {any} */
const PARTS = {
  mask: {
    default: "full",
    choices: [
      { kind: "full", title: "Full", parameters: schema({}) },
      { kind: "short", title: "Short", parameters: schema({ length: NUMBER, align: WORDS }) },
      { kind: "both", title: "Both", parameters: schema({ of: OF }) },
    ],
  },
  embedding: { default: "made", choices: [{ kind: "made", parameters: schema({ seed: {} }) }] },
  projection: { default: "same", choices: [{ kind: "same", parameters: schema({}) }] },
};

test("a choice is told by its title and its values", () => {
  const words = (/** @type {any} */ value) =>
    valuesOf(value, PARTS.mask, PARTS, (text = "") => text);
  assert.equal(words({ kind: "full" }), "Full");
  const short = { kind: "short", length: 3, align: "upper_left" };
  assert.equal(words(short), "Short (Length 3; Align upper left)");
  const both = words({ kind: "both", of: [{ kind: "full" }, short] });
  assert.equal(both, "Both (Full; Short (Length 3; Align upper left))");
});

test("a text is told as it was written, an object not at all", () => {
  const text = { type: "string", title: "Rule" };
  const object = { anyOf: [{ type: "object", properties: { is: { const: "x" } } }], title: "Way" };
  const choice = { kind: "made", title: "Made", parameters: schema({ text, object }) };
  /** @type {any} */
  const part = { default: "made", choices: [choice] };
  const value = { kind: "made", text: "n_queries > 2", object: { is: "x" } };
  assert.equal(
    valuesOf(value, part, PARTS, (word = "") => word),
    "Made (Rule n_queries > 2)",
  );
});

test("vectors are from a seed where the schema of what makes them has one", () => {
  /** @type {any} */
  const catalogue = { parts: PARTS };
  assert.equal(isSeeded({ text: "a" }, catalogue), true);
  assert.equal(isSeeded({ query: [[1]], key: [[1]] }, catalogue), false);
  assert.equal(isSeeded({ text: "a", embedding: { kind: "given" } }, catalogue), false);
});
