// @ts-check
/** Keeps the answer true to the request while it changes, and the explanation to the cell. */

import { fetchCell } from "./api.js";
import { asked } from "./lib/compare/columns.js";
import { isEmpty } from "./lib/request.js";
import { latestOnly } from "./latest.js";
import { fetchRemembered } from "./remembered.js";

/** @import { Store } from "./store.js" */
/** @import { Cell, Request } from "./types.js" */

const TYPING_MS = 120;

/**
 * @param {Store} store
 */
export function keepComputed(store) {
  /** @param {Request} request @param {Request} wanted of it @param {AbortSignal} signal */
  const answerTo = async (request, wanted, signal) => {
    return { ...(await fetchRemembered(wanted, signal)), request };
  };
  const ask = latestOnly(answerTo, {
    done: (answer) => store.set({ answer, problem: null, isBusy: false, ...fitted(store, answer) }),
    failed: (problem) => store.set({ problem, isBusy: false }),
  });
  let timer = 0;
  /** @type {Request | null} */
  let last = null;
  store.watch(["request", "compare"], ({ request, answer, compare }) => {
    const wanted = compare ? asked(request) : request;
    if (wanted === last) return;
    last = wanted;
    clearTimeout(timer);
    timer = window.setTimeout(
      () => {
        if (isEmpty(request)) {
          ask.stop();
          store.set({ answer: null, problem: null, isBusy: false });
        } else {
          store.set({ isBusy: true });
          ask.start(request, wanted);
        }
      },
      answer ? TYPING_MS : 0,
    );
  });
}

/**
 * @param {Store} store
 */
export function keepExplained(store) {
  const ask = latestOnly(fetchCell, {
    done: (explained) => store.set({ explained }),
    failed: () => store.set({ explained: null }),
  });
  store.watch(["answer", "cell", "compare"], ({ answer, cell, compare, request }) => {
    if (!answer || !cell || compare) {
      ask.stop();
      store.set({ explained: null });
    } else if (answer.request !== request)
      return; // its own answer is on its way
    else if (isInside(cell, answer.weights.shape)) ask.start(answer.request, cell);
    else store.set({ cell: null });
  });
}

/**
 * What was looked at stays so, as long as the matrices keep their size.
 * @param {Store} store
 * @param {import("./types.js").Answer} answer
 */
function fitted(store, { weights: { shape } }) {
  const { answer, head, zoom, compare } = store.get();
  const isSameSize = String(answer?.weights.shape) === String(shape);
  // Columns side by side need not have as many heads.
  const isThere = compare || (head === "all" ? shape[0] > 1 : head < shape[0]);
  return { zoom: isSameSize ? zoom : null, head: isThere ? head : 0, pointed: null };
}

/**
 * @param {Cell} cell
 * @param {number[]} shape
 */
function isInside(cell, [heads, queries, keys]) {
  return cell.head < heads && cell.query < queries && cell.key < keys;
}
