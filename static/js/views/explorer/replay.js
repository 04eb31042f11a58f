// @ts-check
/** Generation again, token by token: the query moves on, and what came later is hidden. */

import { stepsOf } from "../../lib/captures/replay.js";
import { labelOf } from "../../lib/captures/tokens.js";
import { find, make } from "../../lib/dom.js";
import { tNodes, t } from "../../lib/i18n.js";

/** @import { ExplorerState, ExplorerStore } from "../../lib/captures/types.js" */

const STEP_MS = 700;

/** @param {ExplorerStore} store */
export function mountReplay(store) {
  const place = find("replay");
  const slider = /** @type {HTMLInputElement} */ (find("replay-step"));
  const play = find("replay-play");
  let timer = 0;
  const stop = () => {
    clearInterval(timer);
    timer = 0;
    play.setAttribute("aria-pressed", "false");
  };
  /** @param {number} query */
  const go = (query) => store.set({ query, key: null, direction: "from", isReplay: true });
  slider.addEventListener("input", () => {
    stop();
    go(Number(slider.value));
  });
  play.addEventListener("click", () => {
    if (timer) return stop();
    const steps = stepsNow(store.get());
    if (!steps) return;
    const { query, isReplay } = store.get();
    go(isReplay && query >= steps.first && query < steps.last ? query : steps.first);
    play.setAttribute("aria-pressed", "true");
    timer = window.setInterval(() => {
      const { query: here } = store.get();
      if (here >= steps.last) stop();
      else go(here + 1);
    }, STEP_MS);
  });
  find("replay-all").addEventListener("click", () => {
    stop();
    store.set({ isReplay: false });
  });
  store.watch(["kind"], stop);
  store.watch(["capture", "kind", "query", "isReplay"], (state) => {
    const steps = stepsNow(state);
    place.hidden = !steps;
    find("replay-all").hidden = !state.isReplay;
    if (!steps) return;
    const { first, last } = steps;
    Object.assign(slider, { min: first, max: last });
    slider.value = String(Math.min(Math.max(state.query, first), last));
    find("replay-says").replaceChildren(...says(state, steps));
    slider.setAttribute("aria-valuetext", find("replay-says").textContent ?? "");
  });
}

/** @param {ExplorerState} state */
function stepsNow({ capture, kind }) {
  return capture?.tokens[kind] ? stepsOf(capture, kind) : null;
}

/**
 * @param {ExplorerState} state
 * @param {{first: number, last: number, areWritten: boolean}} steps
 */
function says({ capture, kind, query }, { first, last, areWritten }) {
  const { query: tokens } = /** @type {NonNullable<typeof capture>} */ (capture).tokens[kind];
  /** @param {number} at */
  const word = (at) => make("bdi", { class: "replay__word", text: labelOf(tokens[at]) });
  if (areWritten) return tNodes("writes {token}", { token: word(query) });
  if (query < first) return [t("this token was given")];
  if (query >= last) return tNodes("reads {token}", { token: word(query) });
  return tNodes("reads {token}, writes {next}", { token: word(query), next: word(query + 1) });
}
