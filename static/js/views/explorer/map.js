// @ts-check
/** The chosen head as a matrix, and what the pointer and the keys do on it. */

import { headPicture } from "../../figures/headmap.js";
import { matrixFigure } from "../../figures/matrix.js";
import { cellAt } from "../../lib/captures/regions.js";
import { find } from "../../lib/dom.js";
import { t } from "../../lib/i18n.js";
import { ruler } from "../../lib/measure.js";
import { isSame } from "../../lib/paths.js";
import { readTheme } from "../../lib/theme.js";
import { draw, isLoaded, listen } from "../../plotly.js";
import { coverAfter, lightUp } from "../lights.js";
import { loadAfterHeads } from "./charts.js";
import { chooseCell } from "./choose.js";
import { walkCells } from "./cells.js";
import { zoomMap } from "./magnify.js";

/** @import { ExplorerState, ExplorerStore, Region } from "../../lib/captures/types.js" */
/** @import { Picture } from "../../figures/matrix.js" */

/** Half a label may stand over the right edge of its column. */
const RIGHT = 8;
/** In less there is no place for a cell: the page is hidden, or being laid out. */
const LEAST_ROOM = 120;

/** @param {ExplorerStore} store */
export function mountMap(store) {
  const place = find("map");
  const plot = /** @type {HTMLElement} */ (place.querySelector(".panel__plot"));
  const lights = /** @type {HTMLElement} */ (place.querySelector(".panel__lights"));
  const card = find("map-room");
  /** @type {Picture | null} */
  let picture = null;
  let isListening = false;
  const light = () => picture && lightMap(lights, picture, store.get());
  const redraw = () => {
    const state = store.get();
    if (!state.region || !isLoaded() || card.clientWidth < LEAST_ROOM) return;
    picture = pictureOf(state, state.region, card.clientWidth);
    place.style.inlineSize = `${picture.frame.width}px`; // no wider than it is, and so centred
    draw(plot, matrixFigure(picture));
    light();
    if (!isListening) listenTo(store, plot);
    isListening = true;
  };
  store.watch(["region"], redraw);
  store.watch(["pointed", "query", "key", "isReplay", "direction"], light);
  store.watch(["layer", "head", "capture"], ({ layer, head }) => {
    const names = { layer: layer + 1, head: head + 1 };
    find("map-title").textContent = t("Layer {layer}, head {head}", names);
  });
  store.watch(["isBusy"], ({ isBusy }) => {
    document.body.classList.toggle("is-busy", isBusy);
    place.setAttribute("aria-busy", String(isBusy));
  });
  store.watch(["zoom"], ({ zoom }) => (find("whole").hidden = !zoom));
  find("whole").addEventListener("click", () => store.set({ zoom: null }));
  new ResizeObserver(redraw).observe(card);
  loadAfterHeads(store, redraw);
  document.addEventListener("themechange", redraw);
  place.addEventListener("keydown", (event) => walkCells(store, event));
  place.addEventListener("blur", () => store.set({ pointed: null }));
}

/**
 * @param {ExplorerState} state
 * @param {Region} region
 * @param {number} width
 */
function pictureOf({ capture, kind }, region, width) {
  const theme = readTheme();
  const tallest = Math.max(280, Math.min(620, window.innerHeight - 384));
  const sides = capture?.tokens[region.of.kind] ?? capture?.tokens[kind];
  const view = {
    region,
    sides: /** @type {import("../../lib/captures/types.js").Sides} */ (sides),
    tallest,
    isSigned: region.weights.data.some((weight) => weight < 0),
    theme,
    measure: ruler(`12.5px ${theme.font}`),
    axes: { queries: t("queries ↓"), keys: t("keys →") },
  };
  const picture = headPicture({ ...view, width });
  const { left, width: drawn } = picture.frame.plots[0];
  const needed = Math.ceil(left + drawn + RIGHT);
  return needed < width ? headPicture({ ...view, width: needed }) : picture;
}

/**
 * @param {ExplorerStore} store
 * @param {HTMLElement} plot
 */
function listenTo(store, plot) {
  listen(plot, {
    pointed: ({ trace, row, column }) => {
      if (trace === 0 && !isSame(store.get().pointed, { row, column })) {
        store.set({ pointed: { row, column } });
      }
    },
    left: () => store.set({ pointed: null }),
    chosen: ({ trace, row, column }) => trace === 0 && chooseCell(store, { row, column }),
    moved: (changes) => zoomMap(store, changes),
  });
}

/**
 * @param {HTMLElement} place
 * @param {Picture} picture
 * @param {ExplorerState} state
 */
function lightMap(place, picture, { region, pointed, query, key, isReplay }) {
  if (!region) return;
  const row = cellAt(region.query, region.cell[0], query);
  const column = cellAt(region.key, region.cell[1], key);
  const at = pointed && { head: 0, query: pointed.row, column: pointed.column };
  // A cell outside every picture lights nothing, and a row alone its row.
  const cell =
    row === null ? null : { head: column === null ? -1 : 0, query: row, key: column ?? 0 };
  lightUp(place, picture, { pointed: at && { ...at, panel: "weights" }, cell }, "weights");
  if (isReplay && row !== null) coverAfter(place, picture, row);
}
