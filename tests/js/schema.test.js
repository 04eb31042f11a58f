import assert from "node:assert/strict";
import { test } from "node:test";

import { choiceOf, exclusive, told, toldAll, withField } from "../../static/js/lib/parts.js";
import { fieldsOf } from "../../static/js/lib/schema.js";

const rows = { type: "array", items: { type: "array", items: { type: "number" } } };
const NULL = { type: "null" };
const FACTOR = { type: "number", minimum: 1 };
/** @param {string} name @param {string[]} required */
const branch = (name, required) => ({
  type: "object",
  title: name.toUpperCase(),
  properties: { told_by: { const: name, type: "string" }, factor: FACTOR },
  required: ["told_by", ...required],
});
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
    code: { anyOf: [{ type: "string", maxLength: 300 }, { type: "null" }], default: null },
    ids: { type: "array", items: { type: "integer" }, fit: "tokens" },
    sink: { anyOf: [{ type: "number" }, { type: "array", items: { type: "number" } }] },
    scaling: {
      anyOf: [{ oneOf: [branch("slow", ["factor"]), branch("fast", [])] }, { type: "null" }],
      default: null,
    },
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
    code: ["text"],
    ids: ["vector"],
    sink: ["number", "vector"],
    scaling: ["object"],
  });
});

test("bounds, options and lengths come along", () => {
  const fields = fieldsOf(SCHEMA);
  assert.deepEqual([fields[1].minimum, fields[1].maximum, fields[1].isInteger], [1, 7, true]);
  assert.deepEqual(fields[2].options, ["left", "right"]);
  assert.equal(fields[5].places.length, 2);
  assert.deepEqual([fields[7].part, fields[8].part], ["mask", "mask"]);
});

test("an id alone, nothing and a list are all told in full", () => {
  assert.deepEqual(told("deep", PART), { kind: "deep" });
  assert.deepEqual(told(undefined, PART), { kind: "full" });
  assert.deepEqual(toldAll(["deep", { kind: "full" }], PART), [{ kind: "deep" }, { kind: "full" }]);
  assert.deepEqual(toldAll("deep", PART), [{ kind: "deep" }]);
  assert.deepEqual(toldAll(undefined, PART), []);
});

test("another name of a kind is told as the kind", () => {
  const part = { ...PART, choices: [{ ...PART.choices[1], aliases: ["low"] }] };
  assert.deepEqual(told("low", part), { kind: "deep" });
  assert.deepEqual(told({ kind: "low", n: 3 }, part), { kind: "deep", n: 3 });
});

test("a number alone is the first parameter of the default", () => {
  assert.deepEqual(told(3, { ...PART, default: "deep" }), { kind: "deep", scale: 3 });
});

test("an object is told by its constant, and its fields are those of its branch", () => {
  const scaling = fieldsOf(SCHEMA).find(({ name }) => name === "scaling");
  assert.equal(scaling?.tag, "told_by");
  assert.deepEqual(
    scaling.branches.map(({ value, title }) => [value, title]),
    [
      ["slow", "SLOW"],
      ["fast", "FAST"],
    ],
  );
  const [inner, ...others] = fieldsOf(scaling.branches[0].schema);
  assert.deepEqual([inner.name, inner.isRequired, inner.minimum], ["factor", true, 1]);
  assert.deepEqual(others, []);
});

test("a text has its bound, a list of a tuple's places has theirs", () => {
  const fields = Object.fromEntries(fieldsOf(SCHEMA).map((field) => [field.name, field]));
  assert.deepEqual([fields.code.longest, fields.code.isNullable], [300, true]);
  const places = [{ type: "integer", minimum: 1 }, { anyOf: [{ type: "integer" }, NULL] }];
  const [pair] = fieldsOf({ properties: { pair: { type: "array", prefixItems: places } } });
  assert.deepEqual(pair.places, [
    { minimum: 1, maximum: null, isNullable: false },
    { minimum: null, maximum: null, isNullable: true },
  ]);
});

test("references lead to their definitions", () => {
  const properties = { scaling: { anyOf: [{ $ref: "#/$defs/Slow" }, NULL] } };
  const [field] = fieldsOf({ properties, $defs: { Slow: branch("slow", []) } });
  assert.deepEqual([field.shapes, field.branches[0].value], [["object"], "slow"]);
});

test("of parameters that exclude each other, the last that was told stays", () => {
  const ways = [{ required: ["code"] }, { required: ["matrix"] }];
  const part = {
    ...PART,
    choices: [{ ...PART.choices[1], parameters: { ...SCHEMA, oneOf: ways } }],
  };
  const names = exclusive(part, "deep");
  assert.deepEqual(names, ["code", "matrix"]);
  const value = { kind: "deep", code: "j <= i", n: 3 };
  assert.deepEqual(withField(value, "matrix", [[true]], names), {
    kind: "deep",
    n: 3,
    matrix: [[true]],
  });
  assert.deepEqual(withField(value, "code", undefined, names), { kind: "deep", n: 3 });
  assert.deepEqual(withField(value, "n", 5), { kind: "deep", code: "j <= i", n: 5 });
  assert.equal(choiceOf(PART, "none"), undefined);
});
