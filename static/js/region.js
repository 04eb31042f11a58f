// @ts-check
/** Keeps the matrix true to what is looked at: the head, and the window. */

import { fetchRegion } from "./captures.js";
import { createClock } from "./clock.js";
import { hasScores } from "./explore.js";
import { latestOnly } from "./latest.js";
import { pictureOf } from "./lib/captures/asked.js";
import { cellAt, tokensAt } from "./lib/captures/regions.js";
import { createSeen } from "./lib/captures/seen.js";
import { windowOf } from "./lib/captures/windows.js";
import { isSame } from "./lib/paths.js";
import { keepSeen, keepSharp } from "./sharper.js";

/** @import { Asked, ExplorerState, ExplorerStore, Region } from "./lib/captures/types.js" */

/** @typedef {{id: string, asked: Asked}} Wish */

/**
 * @param {ExplorerStore} store
 * @param {number} pixels of the screen, a side of the picture
 */
export function keepRegion(store, pixels) {
  const seen = createSeen();
  const clock = createClock();
  /** What is looked at, and what the server was asked for last. @type {Wish | null} */
  let wish = null;
  /** @type {Wish | null} */
  let asked = null;
  const ask = latestOnly(fetchRegion, {
    done: (region) => {
      if (asked) seen.keep(asked.id, asked.asked, region);
      show(store, region, wish === asked);
    },
    failed(problem) {
      wish = null; // the next move asks again
      store.set({ problem, isBusy: false });
    },
  });
  const start = async () => {
    asked = wish;
    if (asked) await ask.start(asked.id, asked.asked);
  };
  store.watch(["capture", "kind", "layer", "head", "zoom"], (state) => {
    const next = wishOf(state, pixels);
    if (!next || (wish && isSame([wish.id, wish.asked], [next.id, next.asked]))) return;
    const isMove = wish !== null && isSame(wish.asked.of, next.asked.of);
    wish = next;
    const known = seen.find(next.id, next.asked);
    if (known) {
      clock.stop();
      ask.stop();
      show(store, known, true);
      return;
    }
    store.set({ isBusy: true });
    if (isMove) clock.soon(start);
    else clock.now(start);
  });
  keepSharp(store, start);
  keepSeen(store);
}

/**
 * @param {ExplorerState} state
 * @param {number} pixels
 * @returns {Wish | null}
 */
function wishOf(state, pixels) {
  const { capture, kind, layer, head, zoom } = state;
  if (capture?.state !== "ready") return null;
  const sizes = capture.kinds[kind];
  const look = { hasScores: hasScores(state), pixels };
  const asked = pictureOf({ kind, layer, head }, windowOf(zoom, sizes), look);
  return { id: capture.id, asked };
}

/**
 * @param {ExplorerStore} store
 * @param {Region} region
 * @param {boolean} isLast whether it is what is looked at now
 */
function show(store, region, isLast) {
  const { region: before, pointed } = store.get();
  const stays = pointed && before && isSame(before.of, region.of);
  const next = stays ? carried(before, region, pointed) : null;
  store.set({ region, isBusy: !isLast, pointed: next, problem: null });
}

/**
 * The cell of another picture where a pointed one's first pair of tokens stands.
 * @param {Region} before
 * @param {Region} region
 * @param {{row: number, column: number}} pointed
 */
function carried(before, region, pointed) {
  const [query] = tokensAt(before.query, before.cell[0], pointed.row);
  const [key] = tokensAt(before.key, before.cell[1], pointed.column);
  const row = cellAt(region.query, region.cell[0], query);
  const column = cellAt(region.key, region.cell[1], key);
  return row === null || column === null ? null : { row, column };
}
