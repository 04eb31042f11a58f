import assert from "node:assert/strict";
import { test } from "node:test";

import {
  asked,
  requestsOf,
  specsOf,
  withAdded,
  withFirst,
  withLaid,
  withRemoved,
  withSelected,
} from "../../static/js/lib/compare/columns.js";
import { letterOf, namesOf } from "../../static/js/lib/compare/names.js";
import { readFragment, writeFragment } from "../../static/js/lib/link.js";

const SPECS = ["one", "two", "three"].map((normalizer) => ({ normalizer }));

/** Three columns; the form has edited the second one since it was chosen. @type {any} */
const STATE = {
  request: { text: "a b", spec: { normalizer: "two", heads: 2 } },
  compare: { specs: SPECS, selected: 1 },
};

test("the selected column's spec is the one that the form writes", () => {
  assert.deepEqual(specsOf(STATE), [SPECS[0], STATE.request.spec, SPECS[2]]);
  assert.deepEqual(requestsOf(STATE)[2], { text: "a b", spec: SPECS[2] });
  assert.equal(requestsOf(STATE)[1], STATE.request);
});

test("selecting another column keeps what was edited", () => {
  const next = withSelected(STATE, 2);
  assert.deepEqual(next.request, { text: "a b", spec: SPECS[2] });
  assert.deepEqual(specsOf(next), specsOf(STATE));
});

test("a column that is added is last, and the form edits it", () => {
  const next = withAdded(STATE, { normalizer: "four" });
  assert.deepEqual(
    specsOf(next).map(({ normalizer }) => normalizer),
    ["one", "two", "three", "four"],
  );
  assert.equal(next.compare?.selected, 3);
});

for (const [index, left, selected] of /** @type {[number, string[], number][]} */ ([
  [0, ["two", "three"], 0],
  [1, ["one", "three"], 1],
  [2, ["one", "two"], 1],
])) {
  test(`column ${index} can be removed`, () => {
    const next = withRemoved(STATE, index);
    assert.deepEqual(
      specsOf(next).map(({ normalizer }) => normalizer),
      left,
    );
    assert.equal(next.compare?.selected, selected);
    assert.equal(next.request.spec?.normalizer, left[selected]);
  });
}

test("the column that all are measured against comes first, and the form stays with its own", () => {
  const next = withFirst(STATE, 2);
  assert.deepEqual(
    specsOf(next).map(({ normalizer }) => normalizer),
    ["three", "one", "two"],
  );
  assert.equal(next.request.spec?.normalizer, "two");
});

test("a comparison made ready keeps what it does not name", () => {
  const next = withLaid(STATE.request, [{ normalizer: "x" }, { normalizer: "y", heads: 3 }]);
  assert.deepEqual(specsOf(next), [
    { normalizer: "x", heads: 2 },
    { normalizer: "y", heads: 3 },
  ]);
});

test("numbers of two dimensions are asked as one head, and every column keeps its heads", () => {
  const compare = { specs: [{ heads: 4, mask: [] }, { heads: 2 }], selected: 0 };
  const spec = { heads: 4, mask: [] };
  const numbers = { request: { query: [[1]], key: [[1]], spec }, compare };
  assert.deepEqual(
    requestsOf(numbers).map((request) => request.spec),
    [{ mask: [] }, {}],
  );
  assert.deepEqual(specsOf(numbers), compare.specs);
  const words = requestsOf({ request: { text: "a", spec }, compare });
  assert.deepEqual(
    words.map((request) => request.spec?.heads),
    [4, 2],
  );
});

test("numbers of three dimensions are asked with their heads", () => {
  /** @type {any} */
  const request = { query: [[[1]], [[2]]], key: [[[1]], [[2]]], spec: { heads: 2 } };
  assert.equal(asked(request), request);
});

test("a link brings a comparison back", () => {
  const shown = readFragment(writeFragment({ ...STATE, head: 1, cell: null }));
  assert.deepEqual(shown?.compare, { specs: specsOf(STATE), selected: 1 });
  assert.deepEqual(shown?.request, STATE.request);
});

for (const text of ["3", "{}", "[]", "[{}]", "[null,null]", "[null,3]", "[null,[]]"]) {
  test(`compare=${text} is left out`, () => {
    assert.equal(readFragment(`#request={"text":"a"}&compare=${text}`)?.compare, null);
  });
}

test("more columns than an eye can compare are left out", () => {
  assert.equal(readFragment('#request={"text":"a"}&compare=[null,{},{},{},{}]')?.compare, null);
});

/** @param {string} kind @param {any} [properties] */
const choice = (kind, properties = {}) => ({
  ...{ kind, title: kind.toUpperCase(), summary: "", formula: "", flags: {} },
  parameters: { type: "object", properties },
});
const width = { width: { type: "integer", title: "Width" } };
/** @type {any} */
const CATALOGUE = {
  parts: {
    mask: {
      ...{ title: "Mask", default: "full", multiple: true },
      choices: [choice("full"), choice("near", width), choice("far")],
    },
    position: { title: "Position", default: "none", choices: [choice("none"), choice("turn")] },
    normalizer: { title: "Normaliser", default: "soft", choices: [choice("soft"), choice("hard")] },
    embedding: { title: "Embedding", default: "hash", choices: [choice("hash")] },
  },
  spec: { properties: { cap: { type: "number", title: "Cap", default: null } } },
  presets: [{ id: "old", spec: { normalizer: "hard" } }],
};
const same = (/** @type {string | undefined} */ text) => text ?? "";

for (const [specs, names] of /** @type {[any[], string[]][]} */ ([
  [[{}], ["SOFT"]],
  [[{ mask: ["far"] }], ["FAR"]],
  [
    [{}, {}],
    ["SOFT", "SOFT"],
  ],
  [
    [{}, { normalizer: "hard" }],
    ["SOFT", "HARD"],
  ],
  [
    [{}, { mask: ["near", "far"] }, { normalizer: { kind: "hard" } }],
    ["FULL · SOFT", "NEAR + FAR", "HARD"],
  ],
  [
    [{ mask: [{ kind: "near", width: 2 }] }, { mask: [{ kind: "near", width: 3 }] }],
    ["NEAR (Width 2)", "NEAR (Width 3)"],
  ],
  [
    [{ position: "turn" }, {}],
    ["TURN", "Position: NONE"],
  ],
  [
    [{}, { preset: "old" }],
    ["SOFT", "HARD"],
  ],
  [
    [{}, { cap: 3 }],
    ["Cap: None", "Cap: 3"],
  ],
  [
    [{ normalizer: "hard" }, { cap: { a: 1 } }],
    ["HARD", "SOFT"],
  ],
  [[{ cap: [[{}]] }], ["A"]],
  [[{ mask: [{ kind: "near", width: {} }], position: ["turn"], normalizer: { x: 1 } }], ["NEAR"]],
  [[{ mask: [[]], position: true, normalizer: { kind: 3 } }], ["SOFT"]],
])) {
  test(`${JSON.stringify(specs)} is named by what differs`, () => {
    assert.deepEqual(namesOf(specs, CATALOGUE, same), names);
  });
}

test("columns have letters", () => {
  assert.deepEqual([0, 1, 2, 3].map(letterOf), ["A", "B", "C", "D"]);
});
