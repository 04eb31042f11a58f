import assert from "node:assert/strict";
import { test } from "node:test";

import { createStore, initialState } from "../../static/js/store.js";
import { isSame, valueIn, withValue } from "../../static/js/lib/paths.js";
import { speak, t, tNodes } from "../../static/js/lib/i18n.js";

test("a watcher hears of its own names, and only when they change", () => {
  const store = createStore(initialState());
  /** @type {(number | "all")[]} */
  const heard = [];
  store.watch(["head"], ({ head }) => heard.push(head));
  store.set({ isBusy: true });
  store.set({ head: 0 });
  store.set({ head: 2, isBusy: false });
  assert.deepEqual(heard, [2]);
});

test("a change made while others are told is told in full", () => {
  const store = createStore(initialState());
  /** @type {(number | "all")[]} */
  const heard = [];
  store.watch(["request"], () => store.set({ head: 1 }));
  store.watch(["request", "head"], ({ head }) => heard.push(head));
  store.set({ request: { text: "a" } });
  assert.ok(heard.every((head) => head === 1));
});

test("data is copied along the path of a change, and nowhere else", () => {
  const before = { spec: { mask: [{ kind: "a" }, { kind: "b" }] }, text: "x" };
  const after = withValue(before, ["spec", "mask", 1, "kind"], "c");
  assert.equal(valueIn(after, ["spec", "mask", 1, "kind"]), "c");
  assert.equal(before.spec.mask[1].kind, "b");
  assert.equal(after.spec.mask[0], before.spec.mask[0]);
  assert.ok(!("text" in withValue(after, ["text"], undefined)));
  assert.ok(isSame(before, structuredClone(before)));
});

test("a message is translated, filled in, and English where no translation is", () => {
  speak({ language: "zh", messages: { "head {head}": "头 {head}" } });
  assert.equal(t("head {head}", { head: 3 }), "头 3");
  assert.equal(t("{n} rows", { n: 2 }), "2 rows");
  assert.deepEqual(tNodes("Why {pair}?", { pair: "p" }), ["Why ", "p", "?"]);
  speak({ language: "en", messages: {} });
});
