// @ts-check
/** What hands do over the matrix, told in shares of the picture: each gesture has its own module. */

import { mountDrag } from "./drag.js";
import { mountPinch } from "./pinch.js";
import { isInside } from "./places.js";
import { mountWheel } from "./wheel.js";

/** @import { Box } from "../../figures/plan.js" */

/** @import { Place } from "./places.js" */

/**
 * @typedef {object} Hands
 * @property {() => Box | null} plot where the picture stands
 * @property {(event: {shiftKey: boolean}) => "pan" | "box"} drags what a drag does now
 * @property {() => void} hold a drag or a pinch starts
 * @property {(by: Place) => void} drag since the start
 * @property {(factor: number, from: Place, to: Place) => void} pinch since the start
 * @property {(factor: number, at: Place) => boolean} wheel whether there was anything to do
 * @property {(one: Place, other: Place) => void} box
 * @property {(at: Place, event: MouseEvent) => void} tap
 * @property {(at: Place, event: MouseEvent) => void} tapTwice
 * @property {(at: Place | null) => void} point
 */

const TWICE_MS = 350;
const TWICE_PX = 24;

/**
 * @param {HTMLElement} place
 * @param {Hands} hands
 */
export function mountGestures(place, hands) {
  const at = placeIn(place, hands);
  let wasDragged = false;
  mountWheel(place, hands, at);
  mountPinch(place, hands, at);
  mountDrag(place, hands, at, () => (wasDragged = true));
  // The library of charts would follow the same pointer.
  for (const name of ["mousedown", "touchstart"]) {
    place.addEventListener(name, (event) => event.stopPropagation(), {
      capture: true,
      passive: true,
    });
  }
  place.addEventListener("pointerdown", () => (wasDragged = false), true);
  let last = { time: -Infinity, x: 0, y: 0 };
  place.addEventListener("click", (event) => {
    const here = at(event);
    if (wasDragged || !isInside(here)) return;
    const near = Math.hypot(event.clientX - last.x, event.clientY - last.y) < TWICE_PX;
    const isTwice = near && event.timeStamp - last.time < TWICE_MS;
    last = { time: isTwice ? -Infinity : event.timeStamp, x: event.clientX, y: event.clientY };
    hands[isTwice ? "tapTwice" : "tap"](here, event);
  });
  place.addEventListener("pointermove", (event) => {
    if (event.pointerType !== "touch" && event.buttons === 0) {
      const here = at(event);
      hands.point(isInside(here) ? here : null);
    }
  });
  place.addEventListener("pointerleave", () => hands.point(null));
}

/** @typedef {(event: {clientX: number, clientY: number}) => Place} At */

/**
 * @param {HTMLElement} place
 * @param {Hands} hands
 * @returns {At}
 */
function placeIn(place, { plot }) {
  return ({ clientX, clientY }) => {
    const { left, top } = place.getBoundingClientRect();
    const box = plot() ?? { left: 0, top: 0, width: 1, height: 1 };
    return {
      across: (clientX - left - box.left) / box.width,
      down: (clientY - top - box.top) / box.height,
    };
  };
}
