// @ts-check
/** All heads of all layers: one canvas, and over it a cell for each head, to point at and to name. */

import { gridPixels, tileOf } from "../../figures/headgrid.js";
import { find } from "../../lib/dom.js";
import { readTheme } from "../../lib/theme.js";
import { chooseHead } from "./choose.js";
import { buildCells, nameHeads, tellSample } from "./gridcells.js";

/** @import { ExplorerState, ExplorerStore, Grid } from "../../lib/captures/types.js" */

/** @param {ExplorerStore} store */
export function mountGrid(store) {
  const place = find("grid");
  /** @type {Grid | null} */
  let shown = null;
  const redraw = () => {
    const { grid } = store.get();
    if (!grid || !place.checkVisibility()) return;
    const tile = tileOf(grid.shape, find("grid-room").clientWidth - LABELS);
    for (const name of /** @type {const} */ (["width", "height", "gap"])) {
      place.style.setProperty(`--tile-${name}`, `${tile[name]}px`);
    }
    if (grid.shape !== shown?.shape) buildCells(place, grid, store.get().capture);
    shown = grid;
    nameHeads(place, grid);
    tellSample(grid);
    paint(/** @type {HTMLCanvasElement} */ (find("grid-canvas")), grid, tile);
    mark(place, store.get());
  };
  store.watch(["grid"], redraw);
  store.watch(["capture"], () => requestAnimationFrame(redraw)); // once it is shown, it has a width
  store.watch(["layer", "head"], (state) => mark(place, state));
  document.addEventListener("themechange", redraw);
  new ResizeObserver(redraw).observe(find("grid-room"));
  place.addEventListener("click", ({ target }) => {
    const cell = /** @type {HTMLElement} */ (target).closest("[data-head]");
    if (cell instanceof HTMLElement) chooseHead(store, placeOf(cell));
  });
  place.addEventListener("keydown", (event) => walk(store, event));
}

/** Room for the numbers of the layers. */
const LABELS = 26;

/**
 * @param {HTMLCanvasElement} canvas
 * @param {Grid} grid
 * @param {import("../../figures/headgrid.js").Tile} tile
 */
function paint(canvas, grid, tile) {
  const look = { scale: devicePixelRatio, colours: readTheme().sequential };
  const { width, height, pixels } = gridPixels(grid, tile, look);
  Object.assign(canvas, { width, height });
  canvas.style.inlineSize = `${width / devicePixelRatio}px`;
  canvas.style.blockSize = `${height / devicePixelRatio}px`;
  canvas.getContext("2d")?.putImageData(new ImageData(pixels, width, height), 0, 0);
}

/**
 * @param {HTMLElement} place
 * @param {ExplorerState} state
 */
function mark(place, { layer, head }) {
  const isInside = place.contains(document.activeElement);
  for (const cell of place.querySelectorAll("[data-head]")) {
    const { layer: row, head: column } = placeOf(/** @type {HTMLElement} */ (cell));
    const isChosen = row === layer && column === head;
    if (isChosen !== (cell.getAttribute("aria-selected") === "true") || isChosen) {
      cell.setAttribute("aria-selected", String(isChosen));
      cell.setAttribute("tabindex", isChosen ? "0" : "-1");
    }
    if (isChosen && isInside) /** @type {HTMLElement} */ (cell).focus();
  }
}

/**
 * @param {ExplorerStore} store
 * @param {KeyboardEvent} event
 */
function walk(store, event) {
  const { layer, head, capture, kind } = store.get();
  const sizes = capture?.kinds[kind];
  if (!sizes || event.ctrlKey || event.metaKey || event.altKey) return;
  /** @type {Record<string, {layer?: number, head?: number}>} */
  const steps = {
    ArrowLeft: { head: head - 1 },
    ArrowRight: { head: head + 1 },
    ArrowUp: { layer: layer - 1 },
    ArrowDown: { layer: layer + 1 },
    Home: { head: 0 },
    End: { head: sizes.n_heads - 1 },
  };
  if (!steps[event.key]) return;
  event.preventDefault();
  chooseHead(store, steps[event.key]);
}

/** @param {HTMLElement} cell */
function placeOf({ dataset }) {
  return { layer: Number(dataset.layer), head: Number(dataset.head) };
}
