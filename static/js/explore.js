// @ts-check
/** Keeps what the explorer shows true to what is chosen: all heads, heat and arithmetic. */

import { fetchCapturedCell, fetchGrid, fetchRegion } from "./captures.js";
import { latestOnly } from "./latest.js";
import { heatRun } from "./lib/captures/heat.js";
import { lineOf, nameOf } from "./lib/captures/lines.js";
import { isSame } from "./lib/paths.js";

/** @import { ExplorerState, ExplorerStore } from "./lib/captures/types.js" */
/** @import { Problem } from "./types.js" */

/** Tokens of a line that are shown at once. */
export const LONGEST_LINE = 1024;

/** @param {ExplorerStore} store */
export function keepGrid(store) {
  const ask = latestOnly(fetchGrid, {
    done: (grid) => store.set({ grid }),
    failed: failed(store),
  });
  store.watch(["capture", "kind"], ({ capture, kind, grid }) => {
    if (capture?.state === "ready" && grid?.kind !== kind) ask.start(capture.id, kind);
  });
}

/** @param {ExplorerStore} store */
export function keepHeat(store) {
  const ask = latestOnly(
    /** @param {string} id @param {import("./lib/captures/types.js").Asked} asked @param {string} of @param {AbortSignal} signal */
    async (id, asked, of, signal) => {
      const region = await fetchRegion(id, asked, signal);
      return { of, start: lineStart(asked.window), weights: region.weights.data };
    },
    { done: (heat) => store.set({ heat }), failed: failed(store) },
  );
  store.watch(["region", "query", "key", "direction", "seen"], (state) => {
    const { capture, kind, layer, head, direction, region, heat } = state;
    const chosen = chosenOf(state);
    if (!capture || !region || chosen === null) return;
    const place = { kind, layer, head };
    if (!isSame(region.of, place)) return; // the region is on its way
    const [from, to] = heatRun(state, LONGEST_LINE);
    const of = `${nameOf(place, direction, chosen)}/${from}`;
    if (heat?.of === of) return;
    const [first, last] = direction === "from" ? region.key : region.query;
    const line = first === 0 && last === to ? lineOf(region, direction, chosen) : null;
    if (line && from === 0) {
      ask.stop();
      store.set({ heat: { of, start: 0, weights: line } });
      return;
    }
    const one = /** @type {[number, number]} */ ([chosen, chosen + 1]);
    const run = /** @type {[number, number]} */ ([from, to]);
    const window = direction === "from" ? { query: one, key: run } : { query: run, key: one };
    const size = { largest: LONGEST_LINE, dtype: /** @type {const} */ ("f4") };
    const scores = hasScores(state) ? size : null;
    ask.start(capture.id, { of: place, window, weights: size, scores }, of);
  });
}

/** @param {ExplorerStore} store */
export function keepExplained(store) {
  /** The cell that was asked for last: a row of 100,000 keys is not asked for with every picture. */
  let asked = "";
  const ask = latestOnly(fetchCapturedCell, {
    done: (explained) => store.set({ explained }),
    failed() {
      asked = "";
      store.set({ explained: null });
    },
  });
  store.watch(["region", "query", "key"], (state) => {
    const { capture, kind, layer, head, query, key, region } = state;
    if (!capture || key === null || !hasScores(state)) {
      asked = "";
      ask.stop();
      store.set({ explained: null });
      return;
    }
    const cell = { kind, layer, head, query, key };
    const name = `${capture.id} ${JSON.stringify(cell)}`;
    if (!region || name === asked) return;
    asked = name;
    ask.start(capture.id, cell);
  });
}

/**
 * The token whose line is shown: the query, or the key that is looked at.
 * @param {Pick<ExplorerState, "direction" | "query" | "key">} state
 */
export function chosenOf({ direction, query, key }) {
  return direction === "from" ? query : key;
}

/**
 * Whether scores are known, and not only weights.
 * @param {Pick<ExplorerState, "capture" | "kind" | "layer">} state
 */
export function hasScores({ capture, kind, layer }) {
  return Boolean(capture?.specs[kind]?.[layer]);
}

/** @param {ExplorerStore} store */
function failed(store) {
  return (/** @type {Problem} */ problem) => store.set({ problem, isBusy: false });
}

/** @param {import("./lib/captures/types.js").Window} window one side is one token */
function lineStart({ query, key }) {
  return query[1] - query[0] === 1 ? key[0] : query[0];
}
