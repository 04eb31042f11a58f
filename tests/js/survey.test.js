import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";

import { createStore } from "../../static/js/store.js";

/** @import { ExplorerState, ExplorerStore } from "../../static/js/lib/captures/types.js" */

/** @param {number} time in milliseconds */
const pause = (time) => new Promise((resolve) => setTimeout(resolve, time));

/** A server with one large head after another, and the page that asks it. */
const server = {
  /** By head: its state. @type {Record<string, string>} */
  states: {},
  seconds: 3,
  fits: true,
  /** What it was asked, in order. @type {string[]} */
  asked: [],
  /** The answer to a start, where it is no. @type {object | null} */
  refusal: null,
  isGone: false,
  pending: 0,
  /** @param {string} head */
  overview(head) {
    const { seconds, fits } = server;
    const estimate = { seconds, bytes: 1e8, disk_bytes: 1e7, fits, offer: null };
    const state = server.states[head] ?? "none";
    const progress = { done: 0, total: 7000, eta_s: null };
    const place = { kind: "self", layer: 0, head: Number(head) };
    return { ...place, state, needed: true, progress, estimate, problem: null };
  },
  /** @param {string} url @param {{method?: string, body?: string}} [options] */
  async fetch(url, { method = "GET", body } = {}) {
    const fields = new URL(url, "http://server").searchParams;
    const head = fields.get("head") ?? String(JSON.parse(body ?? "{}").head);
    server.asked.push(`${method} ${head}`);
    server.pending += 1;
    await pause(2);
    server.pending -= 1;
    if (server.isGone) return Response.json({ status: 404, title: "Not Found" }, { status: 404 });
    if (method === "POST" && server.refusal) return Response.json(server.refusal, { status: 429 });
    if (method === "POST") server.states[head] = "running";
    if (method === "DELETE") server.states[head] = "none";
    if (method === "DELETE") return new Response(null, { status: 204 });
    return Response.json(server.overview(head));
  },
};

/** A stream of events that the test speaks into. */
class Stream extends EventTarget {
  static CLOSED = 2;
  /** @type {Stream[]} */
  static all = [];
  readyState = 1;
  /** @param {string} url */
  constructor(url) {
    super();
    this.url = url;
    Stream.all.push(this);
  }
  close() {
    this.readyState = Stream.CLOSED;
  }
  /** @param {object} now */
  tell(now) {
    this.dispatchEvent(new MessageEvent("progress", { data: JSON.stringify(now) }));
  }
  /** @param {number} state */
  breakOff(state) {
    this.readyState = state;
    this.dispatchEvent(new Event("error"));
  }
}

let page = new EventTarget();
Object.assign(globalThis, {
  document: { documentElement: { dataset: { api: "/api/v1" } } },
  window: globalThis,
  EventSource: Stream,
  fetch: server.fetch,
  addEventListener: (/** @type {string} */ name, /** @type {() => void} */ listener) =>
    page.addEventListener(name, listener),
});
const { keepOverview } = await import("../../static/js/survey.js");

/** Let everything that was begun come to its end, however slow the machine is. */
async function settle() {
  for (let quiet = 0; quiet < 5; quiet = server.pending ? 0 : quiet + 1) await pause(0);
}

/** @returns {ExplorerStore} */
function opened() {
  const start = { capture: { id: "some" }, kind: "self", layer: 0, head: 0 };
  return createStore(
    /** @type {ExplorerState} */ (/** @type {any} */ ({ ...start, overview: null })),
  );
}

/** @param {number} head @param {object | null} sampled */
const region = (head, sampled) =>
  /** @type {any} */ ({ of: { kind: "self", layer: 0, head }, cell: [16, 16], sampled });

const SAMPLED = { queries: 1, done: 0 };

beforeEach(() => {
  const calm = { states: {}, seconds: 3, fits: true, refusal: null, isGone: false };
  Object.assign(server, { ...calm, asked: [] });
  Stream.all = [];
  page = new EventTarget();
});

test("nothing is asked of a head whose picture is exact", async () => {
  const store = opened();
  keepOverview(store);
  store.set({ region: region(0, null) });
  await settle();
  assert.deepEqual([server.asked, store.get().overview], [[], null]);
});

test("a short one starts by itself, is followed, and ends when it is ready", async () => {
  const store = opened();
  keepOverview(store);
  store.set({ region: region(0, SAMPLED) });
  await settle();
  assert.deepEqual(server.asked, ["GET 0", "POST 0"]);
  const [stream] = Stream.all;
  stream.tell({ state: "running", done: 3500, total: 7000, eta_s: 2 });
  assert.deepEqual([store.get().overview?.done, store.get().overview?.eta_s], [3500, 2]);
  stream.tell({ state: "ready", done: 7000, total: 7000, eta_s: 0 });
  assert.equal(store.get().overview?.state, "ready");
  assert.equal(stream.readyState, Stream.CLOSED);
  store.set({ head: 1 });
  await settle();
  assert.ok(!server.asked.includes("DELETE 0"));
});

test("a long one, or one that does not fit, waits for the reader", async () => {
  for (const estimate of [{ seconds: 70 }, { fits: false }]) {
    Object.assign(server, { seconds: 3, fits: true, asked: [] }, estimate);
    const store = opened();
    keepOverview(store);
    store.set({ region: region(0, SAMPLED) });
    await settle();
    assert.deepEqual(server.asked, ["GET 0"]);
    assert.equal(store.get().overview?.state, "none");
  }
});

test("leaving a head stops what this page started, and coming back starts it anew", async () => {
  const store = opened();
  keepOverview(store);
  store.set({ region: region(0, SAMPLED) });
  await settle();
  store.set({ head: 1 });
  assert.equal(store.get().overview, null);
  await settle();
  store.set({ head: 0 });
  await settle();
  assert.deepEqual(server.asked, ["GET 0", "POST 0", "DELETE 0", "GET 0", "POST 0"]);
});

test("leaving at once stops what has only just been started, and not before it", async () => {
  const store = opened();
  keepOverview(store);
  store.set({ region: region(0, SAMPLED) });
  while (!server.asked.includes("POST 0")) await pause(0);
  store.set({ head: 1 });
  await settle();
  assert.deepEqual(server.asked, ["GET 0", "POST 0", "DELETE 0"]);
  assert.equal(Stream.all.length, 0);
});

test("what someone else started is followed and left running", async () => {
  server.states["0"] = "running";
  const store = opened();
  keepOverview(store);
  store.set({ region: region(0, SAMPLED) });
  await settle();
  store.set({ head: 1 });
  await settle();
  assert.deepEqual(server.asked, ["GET 0"]);
  assert.equal(Stream.all[0].readyState, Stream.CLOSED);
});

test("what the reader stopped stays stopped until it is asked for", async () => {
  const store = opened();
  const survey = keepOverview(store);
  store.set({ region: region(0, SAMPLED) });
  await settle();
  survey.stop();
  store.set({ region: region(0, SAMPLED) });
  await settle();
  assert.equal(store.get().overview?.state, "none");
  assert.deepEqual(server.asked, ["GET 0", "POST 0", "DELETE 0"]);
  survey.start();
  await settle();
  assert.equal(store.get().overview?.state, "running");
});

test("a refusal is told, and the reader may try again", async () => {
  server.refusal = { title: "Too Many Requests", status: 429, detail: "16 wait.", errors: [] };
  const store = opened();
  const survey = keepOverview(store);
  store.set({ region: region(0, SAMPLED) });
  await settle();
  const { state, problem } = store.get().overview ?? {};
  assert.deepEqual([state, problem?.detail], ["failed", "16 wait."]);
  server.refusal = null;
  survey.start();
  await settle();
  assert.equal(store.get().overview?.state, "running");
  assert.equal(store.get().overview?.problem, null);
});

test("a stream that breaks off is told, and told to be back with the next event", async () => {
  const store = opened();
  keepOverview(store);
  store.set({ region: region(0, SAMPLED) });
  await settle();
  const [stream] = Stream.all;
  stream.breakOff(0);
  assert.equal(store.get().overview?.isLost, true);
  stream.tell({ state: "running", done: 7, total: 7000, eta_s: null });
  assert.equal(store.get().overview?.isLost, false);
});

test("a capture that is gone is asked for once, and told where something was told", async () => {
  const store = opened();
  keepOverview(store);
  store.set({ region: region(0, SAMPLED) });
  await settle();
  server.isGone = true;
  Stream.all[0].tell({ state: "none", done: 0, total: 7000, eta_s: null });
  await settle();
  assert.deepEqual(
    [store.get().overview?.state, store.get().overview?.problem?.status],
    ["failed", 404],
  );
  await pause(2100);
  assert.deepEqual(server.asked, ["GET 0", "POST 0", "GET 0"]);
});

test("one that failed tells why", async () => {
  const store = opened();
  keepOverview(store);
  store.set({ region: region(0, SAMPLED) });
  await settle();
  server.states["0"] = "failed";
  Stream.all[0].tell({ state: "failed", done: 7, total: 7000, eta_s: null });
  await settle();
  assert.equal(server.asked.at(-1), "GET 0");
  assert.equal(store.get().overview?.state, "failed");
});

test("closing the page stops what it started", async () => {
  const store = opened();
  keepOverview(store);
  store.set({ region: region(0, SAMPLED) });
  await settle();
  page.dispatchEvent(new Event("pagehide"));
  await settle();
  assert.deepEqual(server.asked, ["GET 0", "POST 0", "DELETE 0"]);
});
