// @ts-check
/** The window on its way to where it is wanted: a jump would not tell where one is. */

import { between, isSameWindow } from "../../lib/captures/windows.js";

/** @import { Window } from "../../lib/captures/types.js" */

const LONG_MS = 120;

/**
 * @typedef {object} Glide
 * @property {() => Window | null} shown
 * @property {(window: Window, isSoft: boolean) => void} to
 */

/**
 * @param {(window: Window) => void} show
 * @returns {Glide}
 */
export function createGlide(show) {
  /** @type {Window | null} */
  let shown = null;
  let frame = 0;
  /** @param {Window} window */
  const put = (window) => show((shown = window));
  return {
    shown: () => shown,
    to(window, isSoft) {
      cancelAnimationFrame(frame);
      const start = shown;
      const isStill = matchMedia("(prefers-reduced-motion: reduce)").matches;
      if (!start || !isSoft || isStill || isSameWindow(start, window)) {
        put(window);
        return;
      }
      const began = performance.now();
      /** @param {number} now */
      const step = (now) => {
        const share = Math.min(Math.max((now - began) / LONG_MS, 0), 1);
        put(share === 1 ? window : between(start, window, 1 - (1 - share) ** 3));
        if (share < 1) frame = requestAnimationFrame(step);
      };
      frame = requestAnimationFrame(step);
    },
  };
}
