// @ts-check
/** Answers that were given already, and those under way: nothing is asked twice. */

/** @import { Answer, Request } from "../types.js" */

/** Enough for the columns of a comparison, before and after a change. */
const MOST = 8;

/** @typedef {(request: Request, signal: AbortSignal) => Promise<Answer>} Fetch */
/** @typedef {{promise: Promise<Answer>, controller: AbortController, waiting: number, answer: Answer | null}} Entry */

/**
 * @param {Fetch} fetchAnswer asks the server
 */
export function createMemory(fetchAnswer) {
  /** @type {Map<string, Entry>} the latest used last */
  const entries = new Map();

  /** @param {string} name @param {Entry} entry */
  const forget = (name, entry) => {
    if (entries.get(name) === entry) entries.delete(name);
  };

  /** @param {Request} request @param {string} name @returns {Entry} */
  const start = (request, name) => {
    const controller = new AbortController();
    const promise = fetchAnswer(request, controller.signal);
    /** @type {Entry} */
    const entry = { promise, controller, waiting: 0, answer: null };
    promise.then(
      (answer) => {
        entry.answer = answer;
        const settled = [...entries].filter(([, each]) => each.answer);
        for (const [old] of settled.slice(0, -MOST)) entries.delete(old);
      },
      // What went wrong may be mended by the next try.
      () => forget(name, entry),
    );
    return entry;
  };

  return {
    /**
     * Ask, unless the answer is known or under way. It is stopped when all who wait have left.
     * @param {Request} request
     * @param {AbortSignal} signal
     * @returns {Promise<Answer>}
     */
    async fetchRemembered(request, signal) {
      const name = JSON.stringify(request);
      const entry = entries.get(name) ?? start(request, name);
      entries.delete(name);
      entries.set(name, entry);
      entry.waiting += 1;
      signal.addEventListener("abort", () => {
        entry.waiting -= 1;
        if (entry.waiting > 0 || entry.answer) return;
        entry.controller.abort();
        forget(name, entry);
      });
      return { ...(await entry.promise), request };
    },

    /**
     * The answer, if it is known already.
     * @param {Request} request
     * @returns {Answer | null}
     */
    remembered(request) {
      const answer = entries.get(JSON.stringify(request))?.answer;
      return answer ? { ...answer, request } : null;
    },
  };
}
