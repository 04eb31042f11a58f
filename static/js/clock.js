// @ts-check
/** Starts something now, or as soon as changes pause. */

/** A gesture pauses for so long before the server is asked; one that does not pause waits longer. */
const PAUSE_MS = 40;
const PATIENCE_MS = 240;

/** What waits is replaced by what comes after it. */
export function createClock() {
  let timer = 0;
  let since = 0;
  const stop = () => {
    clearTimeout(timer);
    timer = since = 0;
  };
  /** @param {() => void} start */
  const now = (start) => {
    stop();
    start();
  };
  /** @param {() => void} start */
  const soon = (start) => {
    clearTimeout(timer);
    since ||= performance.now();
    const left = Math.max(since + PATIENCE_MS - performance.now(), 0);
    timer = window.setTimeout(() => now(start), Math.min(PAUSE_MS, left));
  };
  return { now, soon, stop };
}
