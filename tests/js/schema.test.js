import assert from "node:assert/strict";
import { test } from "node:test";

import { choiceOf, started, told, toldAll } from "../../static/js/lib/parts.js";
import { fieldsOf } from "../../static/js/lib/schema.js";

const rows = { type: "array", items: { type: "array", items: { type: "number" } } };
const SCHEMA = {
  properties: {
    scale: { anyOf: [{ type: "number" }, { type: "null" }], default: null, title: "Scale" },
    n: { type: "integer", minimum: 1, maximum: 7, default: 2 },
    align: { enum: ["left", "right"], type: "string" },
    weight: { anyOf: [rows, { type: "array", items: rows }, { type: "null" }] },
    bias: { anyOf: [{ type: "array", items: { type: "number" } }, { type: "boolean" }] },
    window: { type: "array", prefixItems: [{ type: "integer" }, { type: "integer" }] },
    matrix: { type: "array", items: { type: "array", items: { type: "boolean" } } },
    of: { type: "array", items: { part: "mask" } },
    one: { part: "mask", title: "One" },
  },
  required: ["matrix"],
};

const PART = {
  title: "Mask",
  summary: "",
  default: "full",
  multiple: true,
  choices: [
    { kind: "full", title: "", summary: "", formula: "", parameters: {}, flags: {} },
    { kind: "deep", title: "", summary: "", formula: "", parameters: SCHEMA, flags: {} },
  ],
};

test("every shape of the catalogue's schemas is known", () => {
  const shapes = Object.fromEntries(fieldsOf(SCHEMA).map(({ name, shapes }) => [name, shapes]));
  assert.deepEqual(shapes, {
    scale: ["number"],
    n: ["number"],
    align: ["options"],
    weight: ["rows"],
    bias: ["vector", "boolean"],
    window: ["tuple"],
    matrix: ["flags"],
    of: ["parts"],
    one: ["part"],
  });
});

test("bounds, options and lengths come along", () => {
  const fields = fieldsOf(SCHEMA);
  assert.deepEqual([fields[1].minimum, fields[1].maximum, fields[1].isInteger], [1, 7, true]);
  assert.deepEqual(fields[2].options, ["left", "right"]);
  assert.equal(fields[5].length, 2);
  assert.deepEqual([fields[7].part, fields[8].part], ["mask", "mask"]);
});

test("an id alone, nothing and a list are all told in full", () => {
  assert.deepEqual(told("deep", PART), { kind: "deep" });
  assert.deepEqual(told(undefined, PART), { kind: "full" });
  assert.deepEqual(toldAll(["deep", { kind: "full" }], PART), [{ kind: "deep" }, { kind: "full" }]);
  assert.deepEqual(toldAll("deep", PART), [{ kind: "deep" }]);
  assert.deepEqual(toldAll(undefined, PART), []);
});

test("a number alone is the first parameter of the default", () => {
  assert.deepEqual(told(3, { ...PART, default: "deep" }), { kind: "deep", scale: 3 });
});

test("a choice starts with what it cannot be without", () => {
  const value = started(PART, "deep", { queries: 2, keys: 3 });
  assert.deepEqual(Object.keys(value), ["kind", "matrix"]);
  assert.deepEqual(value.matrix, [
    [true, false, false],
    [true, true, false],
  ]);
  assert.equal(choiceOf(PART, "none"), undefined);
});
