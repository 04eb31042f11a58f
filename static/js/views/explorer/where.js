// @ts-check
/** Where one is on the matrix, in words, and the buttons that lead on. */

import { tokensIn } from "../../lib/captures/windows.js";
import { find, make } from "../../lib/dom.js";
import { t } from "../../lib/i18n.js";
import { showPlace } from "../../lib/numbers.js";
import { STEP, lookOf, zoomBy } from "./magnify.js";

/** @import { ExplorerState, ExplorerStore } from "../../lib/captures/types.js" */

/** Told to those who listen once the window has rested: not with every turn of a wheel. */
const REST_MS = 700;

/** @param {ExplorerStore} store */
export function mountWhere(store) {
  find("zoom-in").addEventListener("click", () => zoomBy(store, STEP));
  find("zoom-out").addEventListener("click", () => zoomBy(store, 1 / STEP));
  find("whole").addEventListener("click", () => {
    store.set({ zoom: null });
    find("map").focus({ preventScroll: true }); // the button goes
  });
  store.watch(["region", "zoom", "kind"], (state) => {
    find("whole").hidden = !state.zoom;
    /** @type {HTMLButtonElement} */ (find("zoom-out")).disabled = !state.zoom;
    find("where").replaceChildren(...partsOf(state).map((text) => make("li", { text })));
  });
  let rest = 0;
  let isMoved = false;
  store.watch(["region", "zoom"], ({ zoom }) => {
    clearTimeout(rest);
    isMoved ||= zoom !== null;
    rest = window.setTimeout(() => {
      const state = store.get();
      if (isMoved && !state.isBusy) find("status").textContent = partsOf(state).join(", ");
    }, REST_MS);
  });
}

/**
 * The rectangle, and what a cell of it is.
 * @param {ExplorerState} state
 */
function partsOf(state) {
  const { region } = state;
  const look = lookOf(state);
  if (!region || !look) return [];
  const { query, key } = tokensIn(look.window);
  const part = { top: query[0] + 1, bottom: query[1], left: key[0] + 1, right: key[1] };
  const places = Object.entries(part).map(([name, at]) => [name, showPlace(at)]);
  const where = t("queries {top} to {bottom}, keys {left} to {right}", Object.fromEntries(places));
  return [where, cellWords(region), sampledWords(region)].filter(Boolean);
}

/** @param {import("../../lib/captures/types.js").Region} region */
function cellWords({ isExact, cell: [queries, keys] }) {
  return isExact
    ? t("each cell is one weight")
    : t("each cell shows the largest of {queries} × {keys} weights", { queries, keys });
}

/** @param {import("../../lib/captures/types.js").Region} region */
function sampledWords({ sampled, cell: [queries] }) {
  if (!sampled) return "";
  return t("sampled: {count} of {queries} queries of a cell", { count: sampled.queries, queries });
}
