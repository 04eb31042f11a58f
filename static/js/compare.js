// @ts-check
/** Keeps the columns of a comparison true to what they ask: one request each, side by side. */

import { ProblemError } from "./ask.js";
import { requestsOf } from "./lib/compare/columns.js";
import { isPassing, keptInside } from "./lib/compare/outcomes.js";
import { isSame } from "./lib/paths.js";
import { isEmpty } from "./lib/request.js";
import { fetchRemembered, remembered } from "./remembered.js";

/** @import { Store } from "./store.js" */
/** @import { Outcome, Request } from "./types.js" */

const TYPING_MS = 120;

/**
 * @param {Store} store
 */
export function keepCompared(store) {
  /** @type {Map<string, AbortController>} by what is asked */
  const running = new Map();
  let timer = 0;
  /** @param {string} name @param {Partial<Outcome>} told */
  const settle = (name, told) => {
    const outcomes = store.get().outcomes.map((each) => {
      return JSON.stringify(each.request) === name ? { ...each, ...told, isBusy: false } : each;
    });
    store.set({ outcomes });
  };
  /** @param {Request} request */
  const ask = async (request) => {
    const name = JSON.stringify(request);
    if (running.has(name)) return;
    const controller = new AbortController();
    running.set(name, controller);
    try {
      const answer = await fetchRemembered(request, controller.signal);
      if (!controller.signal.aborted) settle(name, { answer, problem: null });
    } catch (error) {
      if (controller.signal.aborted) return;
      if (!(error instanceof ProblemError)) throw error;
      settle(name, { answer: null, problem: error.problem });
    } finally {
      if (running.get(name) === controller) running.delete(name);
    }
  };
  /** @param {Request[]} requests those that are still of use */
  const stopOthers = (requests) => {
    const names = requests.map((request) => JSON.stringify(request));
    for (const [name, controller] of running) {
      if (names.includes(name)) continue;
      controller.abort();
      running.delete(name);
    }
  };
  store.watch(["request", "compare"], (state) => {
    clearTimeout(timer);
    const { compare, request, outcomes } = state;
    const requests = compare && !isEmpty(request) ? requestsOf(state) : [];
    stopOthers(requests);
    const next = requests.map((each, index) => nextOutcome(each, outcomes, index));
    const isTyped = next.some(({ isBusy, answer }) => isBusy && answer);
    timer = window.setTimeout(
      () => next.filter(({ isBusy }) => isBusy).forEach((each) => ask(each.request)),
      isTyped ? TYPING_MS : 0,
    );
    store.set({ outcomes: next });
  });
  store.watch(["outcomes", "compare", "head", "cell"], (state) => {
    if (state.compare) store.set(keptInside(state));
  });
}

/**
 * What a column shows from now on: its own answer if it is known, else the old one for a while.
 * @param {Request} request
 * @param {Outcome[]} outcomes
 * @param {number} index
 * @returns {Outcome}
 */
function nextOutcome(request, outcomes, index) {
  const same = outcomes.find((each) => isSame(each.request, request));
  if (same && !isPassing(same.problem)) return same;
  const answer = remembered(request);
  if (answer) return { request, answer, problem: null, isBusy: false };
  return { request, answer: outcomes[index]?.answer ?? null, problem: null, isBusy: true };
}
