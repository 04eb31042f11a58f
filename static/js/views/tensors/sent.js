// @ts-check
/** How much of a file has gone, told once it takes long. */

import { sizeOf } from "../../lib/captures/sizes.js";
import { restOf } from "../../lib/captures/uploads.js";
import { find } from "../../lib/dom.js";
import { t } from "../../lib/i18n.js";
import { timeLeft } from "../durations.js";

/** What is sent before needs no bar. */
const PATIENCE_MS = 400;

/**
 * Begin to tell.
 * @param {number} total bytes
 * @returns {(sent: number) => void}
 */
export function showSent(total) {
  const began = performance.now();
  const bar = /** @type {HTMLProgressElement} */ (find("tensors-bar"));
  return (sent) => {
    const elapsed = performance.now() - began;
    find("tensors-progress").hidden = elapsed < PATIENCE_MS;
    // A body is a little more than its file, and the server still has to write the last of it.
    const gone = Math.min(sent, total);
    Object.assign(bar, { max: total, value: gone });
    const counted = t("{done} of {total}", { done: sizeOf(gone), total: sizeOf(total) });
    const left = timeLeft(restOf({ sent: gone, total, elapsed_s: elapsed / 1000 }));
    find("tensors-numbers").textContent = [counted, left].filter(Boolean).join(" · ");
  };
}
