import assert from "node:assert/strict";
import { test } from "node:test";

import { readFragment, writeFragment } from "../../static/js/lib/link.js";

const REQUEST = {
  tokens: ["<s>", '<a href="%zz">', "Ġthe", "👩‍🔬", "مرحبا", "a&b=c#d+e", "\n", "\ud800"],
  context: ["我"],
  spec: { mask: [{ kind: "causal" }] },
};

for (const shown of [
  { request: REQUEST, head: /** @type {const} */ ("all"), cell: null, compare: null },
  { request: REQUEST, head: 3, cell: { head: 3, query: 0, key: 11 }, compare: null },
  { request: { text: "" }, head: 0, cell: null, compare: null },
]) {
  test(`a link to head ${shown.head} brings the same state back`, () => {
    assert.deepEqual(readFragment(writeFragment(shown)), shown);
  });
}

for (const fragment of [
  "",
  "#",
  "#request=",
  "#request={",
  "#request=[1]",
  "#request=3",
  "#x=%zz",
]) {
  test(`${JSON.stringify(fragment)} tells no state`, () => {
    assert.equal(readFragment(fragment), null);
  });
}

test("a head or cell that is no number is left out", () => {
  const shown = readFragment('#request={"text":"a"}&head=-1&cell=1.x.2');
  assert.deepEqual(shown, { request: { text: "a" }, head: 0, cell: null, compare: null });
});

for (const text of ["{", "%zz", "undefined", '[null,{"a":]']) {
  test(`a link with compare=${text} still shows its request`, () => {
    const shown = readFragment(`#request={"text":"a"}&head=2&compare=${text}`);
    assert.deepEqual(shown, { request: { text: "a" }, head: 2, cell: null, compare: null });
  });
}
