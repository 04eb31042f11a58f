import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { test } from "node:test";

import { curl, httpx, library, python } from "../../static/js/lib/snippets.js";

const REQUEST = {
  text: 'The animal didn\'t "cross" $HOME `ls` \\n 我',
  projection: { kind: "random", seed: 3 },
  spec: { score: { kind: "general", bias: true, weight: null } },
};

test("the body that a shell hands to curl is the request", () => {
  const command = curl(REQUEST, "http://x/y").replace(/^curl[\s\S]*?-d /, "printf %s ");
  const body = execFileSync("sh", ["-c", command], { encoding: "utf8" });
  assert.deepEqual(JSON.parse(body), REQUEST);
});

test("JSON data becomes a literal of Python", () => {
  assert.equal(python([true, false, null, 1.5, "a'b"]), '[True, False, None, 1.5, "a\'b"]');
  assert.equal(python({ a: undefined, b: [1] }), '{"b": [1]}');
});

test("the program posts the request to the address", () => {
  const code = httpx(REQUEST, "http://127.0.0.1:8000/api/v1/attention");
  assert.match(
    code,
    /httpx\.post\("http:\/\/127\.0\.0\.1:8000\/api\/v1\/attention", json=request\)/,
  );
});

test("the notebook splits a text and imports what it uses", () => {
  const code = library(REQUEST);
  assert.match(code, /tokens = split_text\("The animal/);
  assert.match(code, /context = None/);
  assert.match(code, /import AnyProjection, AttentionSpec, attend_tokens, split_text/);
  assert.doesNotMatch(code, /AnyEmbedding/);
});

test("numbers are attended with as tensors", () => {
  const code = library({ query: [[1]], key: [[2]], value: [[3]] });
  assert.match(code, /attend\(query, key, value, spec=spec\)/);
});
