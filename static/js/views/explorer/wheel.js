// @ts-check
/** The wheel over the matrix, and the pinch of a trackpad, which comes as one. */

import { isInside } from "./places.js";

/** @import { At, Hands } from "./gestures.js" */

/** Pixels of a line and of a page, as wheels count them. */
const UNITS = [1, 32, 240];
const MOST_PX = 240;
/** What doubles the picture: a turn of the wheel, and a pinch on a trackpad, which comes as a wheel. */
const DOUBLES = { wheel: 270, pinch: 70 };
/** A wheel that scrolls the page goes on scrolling it when the matrix comes under the pointer. */
const SCROLLING_MS = 250;

/**
 * @param {HTMLElement} place
 * @param {Hands} hands
 * @param {At} at
 */
export function mountWheel(place, { wheel }, at) {
  let scrolled = -Infinity;
  const elsewhere = (/** @type {WheelEvent} */ event) => {
    if (!place.contains(/** @type {Node} */ (event.target))) scrolled = event.timeStamp;
  };
  document.addEventListener("wheel", elsewhere, { capture: true, passive: true });
  const turn = (/** @type {WheelEvent} */ event) => {
    const { across, down } = at(event);
    const isScroll = !event.ctrlKey && event.timeStamp - scrolled < SCROLLING_MS;
    if (isScroll) scrolled = event.timeStamp;
    if (isScroll || !isInside({ across, down })) return;
    const pixels = event.deltaY * UNITS[event.deltaMode];
    const turned = Math.min(Math.max(pixels, -MOST_PX), MOST_PX);
    const factor = 2 ** (-turned / DOUBLES[event.ctrlKey ? "pinch" : "wheel"]);
    // Of the whole, which cannot be left, the wheel scrolls the page; a pinch never enlarges it.
    if (wheel(factor, { across, down }) || event.ctrlKey) event.preventDefault();
  };
  place.addEventListener("wheel", turn, { passive: false });
}
