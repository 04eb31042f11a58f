// @ts-check
/** Two fingers hold the picture and take it with them; one finger scrolls the page. */

/** @import { At, Hands } from "./gestures.js" */
/** @import { Place } from "./places.js" */

/**
 * @param {HTMLElement} place
 * @param {Hands} hands
 * @param {At} at
 */
export function mountPinch(place, { hold, pinch, point }, at) {
  /** @type {{spread: number, middle: Place} | null} */
  let start = null;
  const begin = (/** @type {TouchEvent} */ event) => {
    start = event.touches.length === 2 ? gripOf(event.touches, at) : null;
    if (!start) return;
    event.preventDefault(); // else the page itself would be enlarged
    point(null);
    hold();
  };
  const move = (/** @type {TouchEvent} */ event) => {
    if (!start || event.touches.length !== 2) return;
    if (event.cancelable) event.preventDefault();
    const { spread, middle } = gripOf(event.touches, at);
    pinch(spread / start.spread, start.middle, middle);
  };
  // Before the library of charts hears of it, which is why it does not.
  place.addEventListener("touchstart", begin, { capture: true, passive: false });
  place.addEventListener("touchmove", move, { passive: false });
  for (const name of ["touchend", "touchcancel"]) {
    place.addEventListener(name, () => (start = null));
  }
}

/**
 * @param {TouchList} touches
 * @param {At} at
 */
function gripOf([one, other], at) {
  const spread = Math.hypot(one.clientX - other.clientX, one.clientY - other.clientY);
  const middle = {
    clientX: (one.clientX + other.clientX) / 2,
    clientY: (one.clientY + other.clientY) / 2,
  };
  return { spread: Math.max(spread, 1), middle: at(middle) };
}
