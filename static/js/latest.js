// @ts-check
/** Asking while what is asked for changes: only the latest answer counts. */

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
