// @ts-check
/** Asking while what is asked for changes: only the latest answer counts, or each in its turn. */

import { ProblemError } from "./ask.js";

/**
 * Run one thing at a time: a new start aborts the old one, whose answer is never told.
 * @template {any[]} Arguments
 * @template Result
 * @param {(...given: [...Arguments, AbortSignal]) => Promise<Result>} work
 * @param {{done: (result: Result) => void, failed: (problem: import("./types.js").Problem) => void}} tell
 */
export function latestOnly(work, { done, failed }) {
  let controller = new AbortController();
  const stop = () => controller.abort();
  /** @param {Arguments} given */
  const start = async (...given) => {
    stop();
    const { signal } = (controller = new AbortController());
    try {
      const result = await work(...given, signal);
      if (!signal.aborted) done(result);
    } catch (error) {
      if (signal.aborted) return;
      if (!(error instanceof ProblemError)) throw error;
      failed(error.problem);
    }
  };
  return { start, stop };
}

/**
 * Do things in the order in which they were given, each once the one before it has ended.
 * @returns {(work: () => Promise<unknown>) => Promise<unknown>}
 */
export function oneByOne() {
  /** @type {Promise<unknown>} */
  let last = Promise.resolve();
  return (work) => {
    const mine = last.then(work, work);
    last = mine;
    return mine;
  };
}
