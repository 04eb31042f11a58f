// @ts-check
/** The chosen head as a matrix that zooms like a map: the old picture moves until the new is there. */

import { matrixFigure } from "../../figures/matrix.js";
import { layerNumber } from "../../lib/captures/layers.js";
import { isSameWindow } from "../../lib/captures/windows.js";
import { find } from "../../lib/dom.js";
import { t } from "../../lib/i18n.js";
import { drawStill, isLoaded } from "../../plotly.js";
import { loadAfterHeads } from "./charts.js";
import { walkCells } from "./cells.js";
import { lightMap, moveTo } from "./drawn.js";
import { createGlide } from "./glide.js";
import { mountHands } from "./hands.js";
import { lookOf } from "./magnify.js";
import { createPeaks, pictureOf } from "./picture.js";

/** @import { ExplorerStore, Window } from "../../lib/captures/types.js" */
/** @import { Drawn } from "./drawn.js" */

/** In less there is no place for a cell: the page is hidden, or being laid out. */
const LEAST_ROOM = 120;
/** More words than these are never beside a matrix. */
const MOST_WORDS = 64;
/** A window that rests for so long has its ticks drawn, even if its numbers are still on their way. */
const REST_MS = 200;

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
