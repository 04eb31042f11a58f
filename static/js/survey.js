// @ts-check
/** Keeps the overview of the chosen head: asks for it, starts it, follows it and lets it go. */

import { ProblemError, isPassing } from "./ask.js";
import { latestOnly, oneByOne } from "./latest.js";
import { isUnderWay, startsItself } from "./lib/captures/overviews.js";
import { isSame } from "./lib/paths.js";
import { fetchOverview, followOverview, startOverview, stopOverview } from "./overviews.js";

/** @import { ExplorerStore, Overview, Place } from "./lib/captures/types.js" */
/** @import { Problem } from "./types.js" */

/** How soon the server is asked again when it was not heard. */
const AGAIN_MS = 2000;

/** @typedef {{start: () => void, stop: () => void}} Survey what the reader may do */

/**
 * One is asked for where the picture that is shown is a sample. What this page started and what is
 * not done when the head is left, nobody waits for.
 * @param {ExplorerStore} store
 * @returns {Survey}
 */
export function keepOverview(store) {
  /** The head whose overview is asked for. @type {Place | null} */
  let here = null;
  /** The one that this page started and that is not done. @type {Place | null} */
  let started = null;
  let isStopped = false;
  let [unfollow, timer] = [() => {}, 0];
  const id = () => store.get().capture?.id ?? "";
  const command = oneByOne(); // a stop must not overtake the start before it
  /** @param {Place} of @param {Partial<Overview>} changes */
  const tell = (of, changes) => {
    const { overview } = store.get();
    if (isSame(here, of) && overview) store.set({ overview: { ...overview, ...changes } });
  };
  /** @param {Place} of @param {Problem} problem */
  const fail = (of, problem) => {
    if (isSame(started, of)) started = null;
    tell(of, { state: "failed", problem, isLost: false });
  };
  /** @param {Place} of @param {unknown} error */
  const refused = (of, error) => {
    if (!(error instanceof ProblemError)) throw error;
    fail(of, error.problem);
  };
  /** @param {Overview} overview */
  const found = (overview) => {
    const isOurs = isSame(started, overview.of);
    store.set({ overview });
    if (isUnderWay(overview)) follow(overview.of);
    else if (isOurs) started = null;
    else if (startsItself(overview) && !isStopped) start();
  };
  const ask = latestOnly(fetchOverview, {
    done: found,
    failed(problem) {
      if (!here) return;
      // Of a capture that is gone the same would be heard for ever.
      if (isPassing(problem)) unheard(here, true);
      else fail(here, problem);
    },
  });
  /** @param {Place} of @param {boolean} isForGood whether the browser asks no more by itself */
  const unheard = (of, isForGood) => {
    tell(of, { isLost: true });
    clearTimeout(timer);
    if (isForGood) timer = window.setTimeout(() => ask.start(id(), of), AGAIN_MS);
  };
  /** @param {Place} of */
  const follow = (of) => {
    unfollow();
    unfollow = followOverview(id(), of, {
      told(now) {
        if (now.state === "ready" && isSame(started, of)) started = null;
        // Why it failed, and what is true after another page stopped it, the answer tells.
        if (now.state === "failed" || now.state === "none") ask.start(id(), of);
        else tell(of, { ...now, isLost: false });
      },
      lost: (isForGood) => unheard(of, isForGood),
    });
  };
  const letGo = () => {
    ask.stop();
    unfollow();
    clearTimeout(timer);
  };
  const start = () => {
    const of = here;
    if (!of) return;
    [started, isStopped] = [of, false];
    tell(of, { state: "waiting", done: 0, eta_s: null, problem: null });
    command(async () => {
      const now = await startOverview(id(), of);
      if (isSame(started, of)) found(now);
    }).catch((error) => refused(of, error));
  };
  const stop = () => {
    const of = here;
    if (!of) return;
    letGo();
    [started, isStopped] = [null, true];
    tell(of, { state: "none", done: 0, eta_s: null });
    command(() => stopOverview(id(), of)).catch((error) => refused(of, error));
  };
  const leave = () => {
    const left = started;
    letGo();
    [here, started, isStopped] = [null, null, false];
    store.set({ overview: null });
    return left;
  };
  const look = () => {
    const { capture, kind, layer, head, region } = store.get();
    const of = { kind, layer, head };
    const left = here && !isSame(here, of) ? leave() : null;
    if (left) command(() => stopOverview(id(), left)).catch((error) => refused(left, error));
    if (here || !capture || !region?.sampled || !isSame(region.of, of)) return;
    here = of;
    ask.start(capture.id, of);
  };
  store.watch(["region", "kind", "layer", "head"], look);
  addEventListener("pagehide", () => {
    const left = leave();
    if (left) stopOverview(id(), left).catch(() => {}); // nobody is left to be told
  });
  addEventListener("pageshow", ({ persisted }) => persisted && look());
  return { start, stop };
}
