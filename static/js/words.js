// @ts-check
/** A capture and its words: all at once, or for long ones as they are looked at. */

import { ProblemError, getJson, isPassing } from "./ask.js";
import { fetchCapture } from "./captures.js";
import { LONGEST_LINE } from "./explore.js";
import { joined, missingWords } from "./lib/captures/wanted.js";
import { isLong, withPlaces, withWords } from "./lib/captures/words.js";

/** @import { Capture, ExplorerStore } from "./lib/captures/types.js" */
/** @import { Stretch } from "./lib/captures/words.js" */

/** How soon words are asked for again. */
const AGAIN_MS = 2000;

const { api } = document.documentElement.dataset;

/**
 * Fetch a capture, without its words where it is long.
 * @param {string} id
 * @param {string} [words] "whole" where the page knows already that it is short
 * @returns {Promise<Capture>}
 */
export async function openCapture(id, words = "") {
  if (words === "whole") return fetchCapture(id);
  const capture = await getJson(`${urlOf(id)}?tokens=false`);
  if (capture.state !== "ready") return capture;
  return isLong(capture) ? withPlaces(capture) : fetchCapture(id);
}

/**
 * Fetch the words that the views have come to show; until they are there, places stand for them.
 * @param {ExplorerStore} store
 */
export function keepWords(store) {
  /** Names of the spans that are on their way. @type {Set<string>} */
  const coming = new Set();
  /** @param {Stretch} stretch */
  const nameOf = ({ kind, side, span }) => `${kind}/${side}/${span[0]}`;
  /** @param {Stretch} stretch @param {string[]} names */
  const fetchWords = async (stretch, names) => {
    const { capture } = store.get();
    if (!capture) return;
    names.forEach((name) => coming.add(name));
    try {
      const { kind, side, span } = stretch;
      const fields = new URLSearchParams({ kind, side, span: span.join(":") });
      const { tokens } = await getJson(`${urlOf(capture.id)}/tokens?${fields}`);
      names.forEach((name) => coming.delete(name));
      const now = store.get().capture;
      if (now) store.set({ capture: withWords(now, stretch, tokens) });
    } catch (error) {
      names.forEach((name) => coming.delete(name));
      if (!(error instanceof ProblemError)) throw error;
      if (isPassing(error.problem)) setTimeout(look, AGAIN_MS);
    }
  };
  const look = () => {
    const state = store.get();
    if (state.capture?.state !== "ready") return;
    const missing = missingWords(state, LONGEST_LINE).filter((each) => !coming.has(nameOf(each)));
    for (const stretch of joined(missing)) {
      const [from, to] = stretch.span;
      const inside = missing.filter(
        ({ side, span }) => side === stretch.side && span[0] >= from && span[1] <= to,
      );
      fetchWords(stretch, inside.map(nameOf));
    }
  };
  store.watch(["capture", "kind", "query", "key", "direction", "seen"], look);
}

/** @param {string} id */
function urlOf(id) {
  return `${api}/captures/${encodeURIComponent(id)}`;
}
