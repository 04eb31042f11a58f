import assert from "node:assert/strict";
import { test } from "node:test";

import {
  fieldOf,
  hasContext,
  isEmpty,
  modeOf,
  withContext,
  withMode,
  withTokens,
} from "../../static/js/lib/request.js";
import { withNumbers } from "../../static/js/lib/given.js";
import { splitAtSpaces } from "../../static/js/lib/words.js";

const SPEC = { spec: { heads: { kind: "mha", n_heads: 2 }, softcap: 3 } };
const TOKENS = { query: ["did", "n't"], key: ["a", "b", "c"] };

test("the mode is told by the field that is there", () => {
  assert.equal(modeOf({ text: "" }), "text");
  assert.equal(modeOf({ tokens: [] }), "tokens");
  assert.equal(modeOf({ query: [[1]], key: [[1]] }), "numbers");
});

test("text becomes the tokens that it was split into", () => {
  const request = withMode({ text: "didn't", context_text: "a b c", ...SPEC }, "tokens", TOKENS);
  assert.deepEqual(request, { tokens: TOKENS.query, context: TOKENS.key, ...SPEC });
});

test("tokens become a text, without a context when there was none", () => {
  const request = withMode({ tokens: TOKENS.query, ...SPEC }, "text", TOKENS);
  assert.deepEqual(request, { text: "did n't", ...SPEC });
});

test("numbers leave no embedding, no projection and one head", () => {
  const request = withMode(
    { text: "a", embedding: "hash", projection: "random", ...SPEC },
    "numbers",
    TOKENS,
  );
  assert.equal(modeOf(request), "numbers");
  assert.deepEqual(Object.keys(request), ["query", "key", "spec"]);
  assert.deepEqual(request.spec, { softcap: 3 });
});

test("an edited chip turns both sides into tokens", () => {
  const request = withTokens({ text: "didn't", context_text: "a b c" }, "key", ["a"], TOKENS);
  assert.deepEqual(request, { tokens: TOKENS.query, context: ["a"] });
});

test("keys from other tokens start with the queries' and go again", () => {
  const request = withContext({ tokens: ["x"] }, true, ["x"]);
  assert.deepEqual(request, { tokens: ["x"], context: ["x"] });
  assert.ok(hasContext(request));
  assert.equal(fieldOf(request, "key"), "context");
  assert.deepEqual(withContext(request, false, []), { tokens: ["x"] });
});

test("tokens split at spaces only and stay whole", () => {
  assert.deepEqual(splitAtSpaces(" <s>  ##ing\nĠthe\t</s> "), ["<s>", "##ing", "Ġthe", "</s>"]);
});

test("a request is empty until both sides hold something", () => {
  assert.ok(isEmpty({ text: "  " }));
  assert.ok(isEmpty({ tokens: [] }));
  assert.ok(isEmpty({ text: "a", context_text: "" }));
  assert.ok(isEmpty({ query: [[1]] }));
  assert.ok(!isEmpty({ tokens: ["a"] }));
  assert.ok(!isEmpty({ query: [[1]], key: [[1]] }));
});

test("names stay with their rows, and go when the rows are others", () => {
  const request = { query: [[1]], key: [[1], [2]], query_labels: ["a"], key_labels: ["b", "c"] };
  assert.deepEqual(withNumbers(request, "key", [[3], [4]]), { ...request, key: [[3], [4]] });
  const { key_labels: _, ...others } = request;
  assert.deepEqual(withNumbers(request, "key", [[3]]), { ...others, key: [[3]] });
  assert.deepEqual(withNumbers(request, "value", [[3]]), { ...request, value: [[3]] });
  const perHead = [[[1], [2]]];
  assert.deepEqual(withNumbers(request, "key", perHead), { ...request, key: perHead });
});

test("numbers take their names along when they go", () => {
  const request = withMode({ query: [[1]], key: [[1]], query_labels: ["a"] }, "tokens", TOKENS);
  assert.deepEqual(request, { tokens: TOKENS.query });
});
