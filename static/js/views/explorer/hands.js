// @ts-check
/** What gestures do: they move the window, point at cells and choose them. */

import { cellAt } from "../../lib/captures/regions.js";
import { boxed, isSameWindow, moved, pointAt, zoomed } from "../../lib/captures/windows.js";
import { find } from "../../lib/dom.js";
import { isSame } from "../../lib/paths.js";
import { chooseCell } from "./choose.js";
import { mountGestures } from "./gestures.js";
import { STEP, diveInto, goTo, lookOf, zoomBy } from "./magnify.js";

/** @import { ExplorerStore, Region, Window } from "../../lib/captures/types.js" */
/** @import { Point } from "../../lib/captures/windows.js" */
/** @import { Box } from "../../figures/plan.js" */
/** @import { Place } from "./places.js" */

/**
 * @typedef {object} Stage
 * @property {() => Box | null} plot where the picture stands
 * @property {() => Window | null} shown the window at this instant
 */

/**
 * @param {ExplorerStore} store
 * @param {HTMLElement} place
 * @param {Stage} stage
 * @returns {{areOn: () => boolean}} whether hands hold the picture, which then follows at once
 */
export function mountHands(store, place, { plot, shown }) {
  let areOn = false;
  /** @type {Window | null} */
  let held = null;
  let hasDived = false;
  const pointOf = (/** @type {Place} */ at) => {
    const window = shown();
    return window && pointAt(window, at);
  };
  /** @param {(window: Window, sizes: NonNullable<ReturnType<typeof lookOf>>["sizes"]) => Window} next */
  const follow = (next) => {
    const look = lookOf(store.get());
    if (!look || !held) return;
    areOn = true;
    goTo(store, next(held, look.sizes));
    areOn = false;
  };
  /** @param {Place | null} at */
  const point = (at) => {
    const to = at && pointOf(at);
    const next = to && cellOf(store.get().region, to);
    if (!isSame(store.get().pointed, next)) store.set({ pointed: next });
  };
  mountGestures(place, {
    plot,
    drags: ({ shiftKey }) => (shiftKey || isBoxOn() || !store.get().zoom ? "box" : "pan"),
    hold: () => (held = shown()),
    drag: ({ across, down }) =>
      follow((window, sizes) =>
        moved(window, sizes, stepOf(window, { across: -across, down: -down })),
      ),
    pinch: (factor, from, to) =>
      follow((window, sizes) => {
        const nearer = zoomed(window, sizes, factor, pointAt(window, from));
        const by = { across: from.across - to.across, down: from.down - to.down };
        return moved(nearer, sizes, stepOf(nearer, by));
      }),
    wheel(factor, at) {
      const [look, point] = [lookOf(store.get()), pointOf(at)];
      if (!look || !point) return false;
      const next = zoomed(look.window, look.sizes, factor, point);
      if (isSameWindow(next, look.window)) return store.get().zoom !== null;
      store.set({ pointed: null });
      goTo(store, next);
      return true;
    },
    box(one, other) {
      const [look, a, b] = [lookOf(store.get()), pointOf(one), pointOf(other)];
      if (look && a && b) goTo(store, boxed(a, b, look.sizes));
      setBox(false);
    },
    point,
    tap(at, event) {
      const [to, isPlain] = [pointOf(at), !event.shiftKey && !event.altKey];
      point(at);
      const { region, pointed } = store.get();
      hasDived = Boolean(to && pointed && isPlain && !region?.isExact);
      if (!to || !pointed || !isPlain) return;
      if (hasDived) diveInto(store, to);
      else chooseCell(store, pointed);
    },
    tapTwice(at, event) {
      const isOut = event.shiftKey || event.altKey;
      // The first tap on a cell that stands for many has zoomed already.
      if (isOut || !hasDived) zoomBy(store, isOut ? 1 / STEP : STEP, pointOf(at) ?? undefined);
    },
  });
  find("zoom-box").addEventListener("click", () => setBox(!isBoxOn()));
  return { areOn: () => areOn };
}

function isBoxOn() {
  return find("zoom-box").getAttribute("aria-pressed") === "true";
}

/** @param {boolean} isOn */
function setBox(isOn) {
  find("zoom-box").setAttribute("aria-pressed", String(isOn));
  find("map").classList.toggle("map--box", isOn);
}

/**
 * The cell of a region at a point, and null outside.
 * @param {Region | null} region
 * @param {Point} point
 */
function cellOf(region, { query, key }) {
  const row = region && cellAt(region.query, region.cell[0], Math.floor(query));
  const column = region && cellAt(region.key, region.cell[1], Math.floor(key));
  return row === null || column === null ? null : { row, column };
}

/**
 * Shares of a window as tokens.
 * @param {Window} window
 * @param {Place} by
 */
function stepOf({ query, key }, { across, down }) {
  return { query: down * (query[1] - query[0]), key: across * (key[1] - key[0]) };
}
