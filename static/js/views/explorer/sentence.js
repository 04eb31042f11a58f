// @ts-check
/** The sentences: every token in reading order, warm with the weight between it and the chosen one. */

import { LONGEST_LINE, chosenOf } from "../../explore.js";
import { heatRun, shownRuns } from "../../lib/captures/heat.js";
import { find } from "../../lib/dom.js";
import { t } from "../../lib/i18n.js";
import { isSame } from "../../lib/paths.js";
import { heatOf } from "./heat.js";
import { mountImage } from "./image.js";
import { mountStrip } from "./strip.js";

/** @import { ExplorerState, ExplorerStore } from "../../lib/captures/types.js" */
/** @import { Strip } from "./strip.js" */

/** @param {ExplorerStore} store */
export function mountSentence(store) {
  const query = mountStrip(store, "query", find("strip-query"));
  const key = mountStrip(store, "key", find("strip-key"));
  const image = mountImage(store, find("image"));
  /** What stands there now. @type {unknown} */
  let built = null;
  /** @type {unknown} */
  let words = null;
  const redraw = () => {
    const state = store.get();
    const { capture, kind } = state;
    const sides = capture?.tokens[kind];
    if (!capture || !sides || capture.state !== "ready") return;
    const runs = shownRuns(state, LONGEST_LINE);
    const wanted = [capture.id, kind, runs];
    if (words !== sides || !isSame(built, wanted)) {
      [built, words] = [wanted, sides];
      find("direction").hidden = !runs.isOne;
      find("strip-query-title").textContent = runs.isOne ? "" : t("Queries");
      find("strip-key-title").textContent = runs.isOne ? "" : t("Keys");
      find("strip-query").hidden = runs.isOne;
      query.build(runs.isOne ? [] : sides.query, runs.query);
      key.build(sides.key, runs.key);
      image.build(capture, sides);
      find("sentence-title").textContent = find("image").hidden ? t("Sentence") : t("Image");
    }
    tint(state, [query, key, image], runs.isOne);
  };
  let frame = 0;
  // A thousand words take as long to lay out as the matrix to draw, which is looked at first.
  const soon = () => {
    frame ||= requestAnimationFrame(() => {
      frame = window.setTimeout(() => {
        frame = 0;
        redraw();
      });
    });
  };
  store.watch(["capture", "kind", "query", "key", "direction", "heat", "isReplay", "seen"], soon);
  document.addEventListener("themechange", redraw);
}

/**
 * @param {ExplorerState} state
 * @param {Strip[]} strips
 * @param {boolean} isOne whether both sequences are one
 */
function tint(state, strips, isOne) {
  const { direction, query, key, isReplay, seen } = state;
  const heat = heatOf(state, heatRun(state, LONGEST_LINE));
  const heated = direction === "from" ? "key" : "query";
  // A row that is named by what it writes has read the tokens before it.
  const areWritten = state.capture?.n_given[state.kind] === 0;
  const lastRead = areWritten ? query - 1 : query;
  for (const strip of strips) {
    const isHeated = isOne || strip.side() === heated;
    const isChosen = isOne || strip.side() !== heated;
    const pinned = direction === "from" ? key : query;
    strip.mark({
      heat: isHeated ? heat : null,
      chosen: isChosen ? chosenOf(state) : null,
      pinned: isHeated && key !== null ? pinned : null,
      // Hidden is what was written after the query, and never what was given.
      seen: seen && (isOne ? [seen.query, seen.key] : [seen[strip.side()]]),
      after: isReplay && (isOne || strip.side() === "query") ? lastRead : null,
    });
  }
}
