// @ts-check
/** Deleting the capture, and going home. */

import { ProblemError } from "../../ask.js";
import { deleteCapture } from "../../captures.js";
import { find } from "../../lib/dom.js";

/** @import { ExplorerStore } from "../../lib/captures/types.js" */

/**
 * @param {ExplorerStore} store
 * @param {string} id
 */
export async function deleteAndLeave(store, id) {
  try {
    await deleteCapture(id);
  } catch (error) {
    if (!(error instanceof ProblemError)) throw error;
    // One that is gone already needs no other end.
    if (error.problem.status !== 404) return store.set({ problem: error.problem });
  }
  location.href = find("home").getAttribute("href") ?? "/";
}
