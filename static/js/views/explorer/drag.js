// @ts-check
/** A drag over the matrix: it takes the picture with it, or draws a box. */

import { make } from "../../lib/dom.js";
import { isInside, within } from "./places.js";

/** @import { Box } from "../../figures/plan.js" */
/** @import { At, Hands } from "./gestures.js" */
/** @import { Place } from "./places.js" */

/** Less is a tap. */
const STILL_PX = 4;

/**
 * @param {HTMLElement} place
 * @param {Hands} hands
 * @param {At} at
 * @param {() => void} dragged
 */
export function mountDrag(place, hands, at, dragged) {
  const frame = make("div", { class: "map__box", hidden: true });
  place.append(frame);
  place.addEventListener("pointerdown", (down) => {
    const start = at(down);
    if (down.pointerType === "touch" || down.button !== 0 || !isInside(start)) return;
    const what = hands.drags(down);
    let isMoving = false;
    const move = (/** @type {PointerEvent} */ event) => {
      const far = Math.hypot(event.clientX - down.clientX, event.clientY - down.clientY);
      if (!isMoving && far < STILL_PX) return;
      if (!isMoving) begin();
      const now = at(event);
      if (what === "pan")
        hands.drag({ across: now.across - start.across, down: now.down - start.down });
      else drawBox(frame, hands.plot(), start, now);
    };
    const begin = () => {
      isMoving = true;
      dragged();
      place.setPointerCapture(down.pointerId);
      place.classList.add(`is-${what}`);
      hands.point(null);
      hands.hold();
    };
    const stop = new AbortController();
    const end = (/** @type {Event} */ event) => {
      stop.abort();
      place.classList.remove(`is-${what}`);
      frame.hidden = true;
      const isDone = event instanceof PointerEvent && event.type === "pointerup";
      if (isMoving && what === "box" && isDone) hands.box(start, within(at(event)));
    };
    const { signal } = stop;
    place.addEventListener("pointermove", move, { signal });
    for (const name of ["pointerup", "pointercancel"])
      place.addEventListener(name, end, { signal });
    document.addEventListener("keydown", (event) => event.key === "Escape" && end(event), {
      signal,
    });
  });
}

/**
 * @param {HTMLElement} frame
 * @param {Box | null} plot
 * @param {Place} one
 * @param {Place} other
 */
function drawBox(frame, plot, one, other) {
  if (!plot) return;
  const end = within(other);
  const box = {
    x: plot.left + Math.min(one.across, end.across) * plot.width,
    y: plot.top + Math.min(one.down, end.down) * plot.height,
    w: Math.abs(one.across - end.across) * plot.width,
    h: Math.abs(one.down - end.down) * plot.height,
  };
  for (const [name, value] of Object.entries(box))
    frame.style.setProperty(`--${name}`, `${value}px`);
  frame.hidden = false;
}
