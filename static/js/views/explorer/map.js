// @ts-check
/** The chosen head as a matrix that zooms like a map: the old picture moves until the new is there. */

import { rangesOf } from "../../figures/headmap.js";
import { matrixFigure } from "../../figures/matrix.js";
import { layerNumber } from "../../lib/captures/layers.js";
import { cellAt } from "../../lib/captures/regions.js";
import { isSameWindow } from "../../lib/captures/windows.js";
import { find } from "../../lib/dom.js";
import { t } from "../../lib/i18n.js";
import { drawStill, isLoaded, move } from "../../plotly.js";
import { coverAfter, lightUp } from "../lights.js";
import { loadAfterHeads } from "./charts.js";
import { walkCells } from "./cells.js";
import { createGlide } from "./glide.js";
import { mountHands } from "./hands.js";
import { lookOf } from "./magnify.js";
import { createPeaks, pictureOf } from "./picture.js";

/** @import { ExplorerState, ExplorerStore, Region, Window } from "../../lib/captures/types.js" */
/** @import { Picture } from "../../figures/matrix.js" */

/** In less there is no place for a cell: the page is hidden, or being laid out. */
const LEAST_ROOM = 120;
/** More words than these are never beside a matrix. */
const MOST_WORDS = 64;
/** A window that rests for so long has its ticks drawn, even if its numbers are still on their way. */
const REST_MS = 200;

/** @typedef {{picture: Picture, region: Region, window: Window}} Drawn */

/** @param {ExplorerStore} store */
export function mountMap(store) {
  const place = find("map");
  const plot = /** @type {HTMLElement} */ (place.querySelector(".panel__plot"));
  const lights = /** @type {HTMLElement} */ (place.querySelector(".panel__lights"));
  const card = find("map-room");
  const peaks = createPeaks();
  /** @type {Drawn | null} */
  let drawn = null;
  let rest = 0;
  const light = () => drawn && lightMap(lights, drawn, glide.shown() ?? drawn.window, store.get());
  const glide = createGlide((window) => {
    if (drawn) moveTo(plot, drawn, window);
    light();
  });
  const redraw = () => {
    clearTimeout(rest);
    const state = store.get();
    const { region } = state;
    if (!region || !isLoaded() || card.clientWidth < LEAST_ROOM) return;
    const { window, picture } = pictureOf(state, region, { width: card.clientWidth, peaks });
    drawn = { picture, region, window };
    place.style.inlineSize = `${picture.frame.width}px`; // no wider than it is, and so centred
    place.dispatchEvent(new CustomEvent("frame", { detail: picture.frame }));
    drawStill(plot, matrixFigure(picture));
    const shown = glide.shown();
    if (shown && region.of.kind === state.kind) moveTo(plot, drawn, shown);
    light();
  };
  const hands = mountHands(store, place, {
    plot: () => drawn?.picture.frame.plots[0] ?? null,
    shown: glide.shown,
  });
  const follow = () => {
    const look = lookOf(store.get());
    if (!look) return;
    glide.to(look.window, !hands.areOn());
    place.classList.toggle("map--part", store.get().zoom !== null);
    clearTimeout(rest);
    rest = window.setTimeout(() => {
      if (drawn && !isSameWindow(drawn.window, look.window)) redraw();
    }, REST_MS);
  };
  store.watch(["zoom", "kind"], follow);
  store.watch(["capture"], () => {
    if (!glide.shown()) follow();
    else if (drawn && hasWords(drawn.window)) redraw(); // they may have come
  });
  store.watch(["region", "grid"], redraw);
  store.watch(["pointed", "query", "key", "isReplay", "direction"], light);
  store.watch(["layer", "head", "capture"], ({ layer, head, capture }) => {
    const names = { layer: capture ? layerNumber(capture, layer) : layer + 1, head: head + 1 };
    find("map-title").textContent = t("Layer {layer}, head {head}", names);
  });
  store.watch(["isBusy"], ({ isBusy }) => {
    document.body.classList.toggle("is-busy", isBusy);
    place.setAttribute("aria-busy", String(isBusy));
  });
  new ResizeObserver(redraw).observe(card);
  loadAfterHeads(store, redraw);
  document.addEventListener("themechange", redraw);
  place.addEventListener("keydown", (event) => walkCells(store, event));
  place.addEventListener("blur", () => store.set({ pointed: null }));
}

/**
 * Whether words may stand beside so many rows or columns.
 * @param {Window} window
 */
function hasWords({ query, key }) {
  return Math.min(query[1] - query[0], key[1] - key[0]) <= MOST_WORDS;
}

/**
 * Show another window than the one that was drawn, by moving what was drawn.
 * @param {HTMLElement} plot
 * @param {Drawn} drawn
 * @param {Window} shown
 */
function moveTo(plot, { picture, window }, shown) {
  if (isSameWindow(window, shown)) {
    move(plot, null);
    return;
  }
  const [{ width, height }] = picture.frame.plots;
  /** @param {"query" | "key"} side @param {number} pixels */
  const way = (side, pixels) => {
    const [[a, b], [from, to]] = [window[side], shown[side]];
    return { scale: (b - a) / (to - from), shift: ((a - from) / (to - from)) * pixels };
  };
  move(plot, { x: way("key", width), y: way("query", height) });
}

/**
 * @param {HTMLElement} place
 * @param {Drawn} drawn
 * @param {Window} window that is shown
 * @param {ExplorerState} state
 */
function lightMap(place, { picture, region }, window, { pointed, query, key, isReplay }) {
  const { rows, columns } = rangesOf(region, window);
  const shown = {
    ...picture,
    rows: { ...picture.rows, range: rows },
    columns: { ...picture.columns, range: columns },
  };
  const row = cellAt(region.query, region.cell[0], query);
  const column = cellAt(region.key, region.cell[1], key);
  const at = pointed && { head: 0, query: pointed.row, column: pointed.column };
  // A cell outside every picture lights nothing, and a row alone its row.
  const cell =
    row === null ? null : { head: column === null ? -1 : 0, query: row, key: column ?? 0 };
  lightUp(place, shown, { pointed: at && { ...at, panel: "weights" }, cell }, "weights");
  if (isReplay && row !== null) coverAfter(place, shown, row);
}
