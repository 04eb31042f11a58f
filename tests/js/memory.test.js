import assert from "node:assert/strict";
import { test } from "node:test";

import { createMemory } from "../../static/js/lib/memory.js";

/** A server that answers when it is told to. */
function slow() {
  /** @type {{text: string | undefined, signal: AbortSignal, answer: () => void, fail: () => void}[]} */
  const asked = [];
  /** @type {import("../../static/js/lib/memory.js").Fetch} */
  const fetchAnswer = (request, signal) =>
    new Promise((answer, fail) => {
      const { text } = request;
      const body = /** @type {any} */ ({ device: "cpu" });
      asked.push({ text, signal, answer: () => answer(body), fail: () => fail(new Error(text)) });
      signal.addEventListener("abort", () => fail(signal.reason));
    });
  return { asked, ...createMemory(fetchAnswer) };
}

const ONE = { text: "one" };

test("what is under way is asked once, and both who wait get it", async () => {
  const { asked, fetchRemembered, remembered } = slow();
  const waits = [1, 2].map(() => fetchRemembered({ ...ONE }, new AbortController().signal));
  assert.equal(remembered(ONE), null);
  asked[0].answer();
  const answers = await Promise.all(waits);
  assert.equal(asked.length, 1);
  assert.deepEqual(answers[1], { device: "cpu", request: ONE });
  assert.deepEqual(remembered(ONE), answers[0]);
});

test("one of two who wait may leave; the other still gets its answer", async () => {
  const { asked, fetchRemembered } = slow();
  const leaving = new AbortController();
  const left = fetchRemembered(ONE, leaving.signal);
  const stays = fetchRemembered(ONE, new AbortController().signal);
  leaving.abort();
  assert.equal(asked[0].signal.aborted, false);
  asked[0].answer();
  assert.equal((await stays).device, "cpu");
  await left;
});

test("when all who wait have left it is stopped, and the next one asks anew", async () => {
  const { asked, fetchRemembered } = slow();
  const controllers = [new AbortController(), new AbortController()];
  const waits = controllers.map(({ signal }) => fetchRemembered(ONE, signal));
  for (const controller of controllers) controller.abort();
  assert.equal(asked[0].signal.aborted, true);
  for (const wait of waits) await assert.rejects(wait, { name: "AbortError" });
  const next = fetchRemembered(ONE, new AbortController().signal);
  assert.equal(asked.length, 2);
  asked[1].answer();
  assert.equal((await next).device, "cpu");
});

test("who leaves after the answer takes nothing away", async () => {
  const { asked, fetchRemembered, remembered } = slow();
  const leaving = new AbortController();
  const wait = fetchRemembered(ONE, leaving.signal);
  asked[0].answer();
  await wait;
  leaving.abort();
  assert.equal(remembered(ONE)?.device, "cpu");
});

test("a failure is forgotten", async () => {
  const { asked, fetchRemembered, remembered } = slow();
  const wait = fetchRemembered(ONE, new AbortController().signal);
  asked[0].fail();
  await assert.rejects(wait, /one/);
  assert.equal(remembered(ONE), null);
  const again = fetchRemembered(ONE, new AbortController().signal);
  asked[1].answer();
  assert.equal((await again).device, "cpu");
});

test("the ninth answer puts out the one that was used longest ago", async () => {
  const { asked, fetchRemembered, remembered } = slow();
  /** @param {number} number */
  const get = (number) => {
    const wait = fetchRemembered({ text: String(number) }, new AbortController().signal);
    asked.at(-1)?.answer();
    return wait;
  };
  for (let number = 1; number <= 8; number += 1) await get(number);
  await get(1);
  await get(9);
  assert.equal(asked.length, 9);
  const known = [1, 2, 3, 4, 5, 6, 7, 8, 9].filter((number) =>
    remembered({ text: String(number) }),
  );
  assert.deepEqual(known, [1, 3, 4, 5, 6, 7, 8, 9]);
});
