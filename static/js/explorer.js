// @ts-check
/** Starts the explorer: fetches the capture, waits until it is ready, and mounts the views. */

import { fetchMechanisms, fetchMessages } from "./api.js";
import { ProblemError } from "./ask.js";
import { keepExplained, keepGrid, keepHeat } from "./explore.js";
import { readSelection } from "./lib/captures/selection.js";
import { speak } from "./lib/i18n.js";
import { keepRegion } from "./region.js";
import { createStore } from "./store.js";
import { keepOverview } from "./survey.js";
import { mountAddress } from "./views/explorer/address.js";
import { mountArithmetic } from "./views/explorer/arithmetic.js";
import { mountBadge } from "./views/explorer/badge.js";
import { mountDirection } from "./views/explorer/direction.js";
import { mountFacts } from "./views/explorer/facts.js";
import { mountGrid } from "./views/explorer/grid.js";
import { mountHint } from "./views/explorer/hint.js";
import { mountKeys } from "./views/explorer/keys.js";
import { mountKinds } from "./views/explorer/kinds.js";
import { mountMap } from "./views/explorer/map.js";
import { mountMinimap } from "./views/explorer/minimap.js";
import { mountOverview } from "./views/explorer/overview.js";
import { mountReplay } from "./views/explorer/replay.js";
import { mountSentence } from "./views/explorer/sentence.js";
import { mountStatus } from "./views/explorer/status.js";
import { mountTitle } from "./views/explorer/title.js";
import { mountWaiting } from "./views/explorer/waiting.js";
import { mountWhere } from "./views/explorer/where.js";
import { mountTheme } from "./views/theme.js";
import { keepWords, openCapture } from "./words.js";

/** @import { Capture, ExplorerState } from "./lib/captures/types.js" */

const { capture: id = "", words } = document.documentElement.dataset;

/** About what a side of the matrix has of the screen; its exact size is known too late to ask. */
const pixels = Math.min(innerWidth - 130, 560) * devicePixelRatio;

mountTheme();
const store = createStore(emptyState());
try {
  const [messages, catalogue, capture] = await Promise.all([
    fetchMessages(),
    fetchMechanisms(),
    openCapture(id, words).catch((error) => problemOf(error)),
  ]);
  speak(messages);
  // They ask before the views build anything.
  keepGrid(store);
  keepRegion(store, pixels);
  keepWords(store);
  const survey = keepOverview(store);
  mountTitle(store);
  mountWaiting(store, id, show);
  mountKinds(store);
  mountGrid(store);
  mountMinimap(store);
  mountMap(store);
  mountWhere(store);
  mountHint(store);
  mountDirection(store);
  mountReplay(store);
  mountSentence(store);
  mountFacts(store, catalogue);
  mountArithmetic(store, catalogue);
  mountOverview(store, survey);
  mountBadge(store);
  mountStatus(store);
  mountKeys(store);
  mountAddress(store);
  keepHeat(store);
  keepExplained(store);
  if ("detail" in capture) store.set({ problem: capture });
  else show(capture);
} catch (error) {
  store.set({ problem: problemOf(error) });
}

/** @param {Capture} capture */
function show(capture) {
  const isReady = capture.state === "ready";
  const fields = new URLSearchParams(location.search);
  store.set({ capture, problem: null, ...(isReady ? readSelection(fields, capture) : {}) });
}

/** @param {unknown} error */
function problemOf(error) {
  if (error instanceof ProblemError) return error.problem;
  throw error;
}

/** @returns {ExplorerState} */
function emptyState() {
  const nothing = { capture: null, problem: null, grid: null, region: null, heat: null };
  const start = {
    layer: 0,
    head: 0,
    query: 0,
    key: null,
    direction: /** @type {const} */ ("from"),
  };
  const none = { explained: null, pointed: null, zoom: null, seen: null, overview: null };
  return { ...nothing, ...start, ...none, kind: "", isBusy: false, isReplay: false };
}
