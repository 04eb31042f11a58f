// @ts-check
/** The whole matrix in a corner, with a frame around what is looked at: to see where, and to go. */

import { centred, isSameWindow, wholeOf } from "../../lib/captures/windows.js";
import { find } from "../../lib/dom.js";
import { rowsOf } from "../../lib/matrices.js";
import { shrunk } from "../../lib/shrink.js";
import { ARROWS } from "./cells.js";
import { goTo, lookOf, panBy } from "./magnify.js";
import { paintSmall, smallRows } from "./small.js";

/** @import { ExplorerState, ExplorerStore, Region } from "../../lib/captures/types.js" */
/** @import { Frame } from "../../figures/plan.js" */

const LARGEST = 96;
const MARGIN = 8;
/** A smaller frame could not be seen. */
const SMALLEST_FRAME = 6;

/** @param {ExplorerStore} store */
export function mountMinimap(store) {
  const place = find("minimap");
  const map = find("map");
  const canvas = /** @type {HTMLCanvasElement} */ (place.querySelector("canvas"));
  let size = { width: LARGEST, height: LARGEST };
  map.addEventListener("frame", (event) => {
    size = fit(/** @type {CustomEvent<Frame>} */ (event).detail);
    const box = { x: map.offsetLeft, y: map.offsetTop, w: size.width, h: size.height };
    for (const [name, value] of Object.entries(box))
      place.style.setProperty(`--${name}`, `${value}px`);
    frame(store.get());
  });
  /** @param {ExplorerState} state */
  const frame = (state) => {
    const look = lookOf(state);
    place.hidden = !look || !state.zoom || !state.region;
    if (place.hidden || !look) return;
    const { query, key } = look.window;
    const { n_queries: rows, n_keys: columns } = look.sizes;
    place.style.setProperty("--least", `${SMALLEST_FRAME}px`);
    const part = { left: key[0] / columns, right: key[1] / columns };
    const shares = { ...part, top: query[0] / rows, bottom: query[1] / rows };
    for (const [name, share] of Object.entries(shares)) {
      place.style.setProperty(`--${name}`, `${share * 100}%`);
    }
  };
  /** What is painted: the small picture that all heads have, or better the whole as it was drawn. */
  let painted = { of: "", isFine: false };
  /** @param {boolean} isAnew in other colours */
  const paint = (isAnew) => {
    const state = store.get();
    const { region } = state;
    const of = [state.capture?.id, state.kind, state.layer, state.head].join("/");
    const isFine = region !== null && isWhole(state, region);
    if (!isFine && painted.of === of && painted.isFine && !isAnew) return;
    const rows = isFine ? rowsOf(region.weights, 0) : smallRows(state);
    if (!rows) return;
    painted = { of, isFine };
    const pixels = Math.max(size.width, size.height) * devicePixelRatio;
    paintSmall(canvas, shrunk(rows, pixels));
  };
  store.watch(["zoom", "kind", "capture", "region"], frame);
  store.watch(["region", "grid", "kind", "layer", "head"], () => paint(false));
  document.addEventListener("themechange", () => paint(true));
  mountMoves(store, place);
}

/**
 * @param {ExplorerStore} store
 * @param {HTMLElement} place
 */
function mountMoves(store, place) {
  /** @param {PointerEvent} event */
  const go = (event) => {
    const look = lookOf(store.get());
    if (!look) return;
    const { left, top, width, height } = place.getBoundingClientRect();
    const to = {
      query: ((event.clientY - top) / height) * look.sizes.n_queries,
      key: ((event.clientX - left) / width) * look.sizes.n_keys,
    };
    goTo(store, centred(look.window, look.sizes, to));
  };
  place.addEventListener("pointerdown", (event) => {
    if (event.button !== 0) return;
    place.setPointerCapture(event.pointerId);
    go(event);
  });
  place.addEventListener("pointermove", (event) => {
    if (place.hasPointerCapture(event.pointerId)) go(event);
  });
  place.addEventListener("keydown", (event) => {
    const arrow = ARROWS[event.key];
    if (!arrow || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    panBy(store, { across: arrow.across / 2, down: arrow.down / 2 });
  });
}

/**
 * As large as the corner above the rows and before the columns, in the shape of the matrix.
 * @param {Frame} frame
 */
function fit({ plots: [{ left, top, width, height }] }) {
  const room = { width: left - MARGIN, height: top - MARGIN };
  const scale = Math.min(
    room.width / width,
    room.height / height,
    LARGEST / Math.max(width, height),
  );
  return { width: Math.max(width * scale, 12), height: Math.max(height * scale, 12) };
}

/** @param {ExplorerState} state @param {Region} region */
function isWhole({ capture, kind, layer, head }, { of, query, key }) {
  const isOf = of.kind === kind && of.layer === layer && of.head === head;
  return isOf && capture !== null && isSameWindow({ query, key }, wholeOf(capture.kinds[kind]));
}
