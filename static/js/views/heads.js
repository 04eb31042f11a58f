// @ts-check
/** The heads: a picker whose choices are small pictures of the weights. */

import { weightColour } from "../figures/weights.js";
import { thumbnail } from "../figures/thumbnail.js";
import { mostHeads } from "../lib/compare/outcomes.js";
import { find, make } from "../lib/dom.js";
import { t } from "../lib/i18n.js";
import { rowsOf } from "../lib/matrices.js";
import { readTheme } from "../lib/theme.js";

/** @import { Store } from "../store.js" */
/** @import { State } from "../types.js" */

/** More heads than this are picked by number, and not drawn all at once. */
const MOST = 32;

/**
 * @param {Store} store
 */
export function mountHeads(store) {
  const place = find("heads");
  let count = 0;
  const redraw = () => {
    const state = store.get();
    if (!state.answer) {
      count = 0;
      place.replaceChildren();
      return;
    }
    const [heads] = state.answer.weights.shape;
    if (heads !== count) {
      count = heads;
      place.replaceChildren(...choices(count));
    }
    drawThumbnails(place, state);
    mark(place, state);
  };
  store.watch(["answer"], redraw);
  store.watch(["head"], (state) => mark(place, state));
  document.addEventListener("themechange", redraw);
  place.addEventListener("change", (event) => {
    const { value } = /** @type {HTMLInputElement} */ (event.target);
    chooseHead(store, value === "all" ? "all" : Number(value));
  });
}

/**
 * Show a head; a pinned cell goes with it.
 * @param {Store} store
 * @param {number | "all"} head
 */
export function chooseHead(store, head) {
  const { cell, answer, compare, outcomes } = store.get();
  const count = compare ? mostHeads(outcomes) : (answer?.weights.shape[0] ?? 1);
  if (head !== "all" && (head < 0 || head >= count)) return;
  const moved = cell && head !== "all" ? { ...cell, head } : cell;
  store.set({ head, cell: moved, pointed: null, zoom: null });
}

/** @param {number} count */
function choices(count) {
  const each = Array.from({ length: count }, (_, head) => {
    const picture = count <= MOST ? make("canvas", { class: "heads__thumbnail" }) : null;
    return choice(String(head), String(head + 1), t("head {head}", { head: head + 1 }), picture);
  });
  if (count === 1 || count > MOST) return each;
  const all = choice("all", t("All"), t("All heads"), null);
  all.classList.add("heads__choice--all");
  return [...each, all];
}

/**
 * @param {string} value
 * @param {string} text
 * @param {string} name
 * @param {HTMLCanvasElement | null} picture
 */
function choice(value, text, name, picture) {
  const input = make("input", { type: "radio", name: "head", value, "aria-label": name });
  return make("label", { class: "heads__choice", title: name }, input, picture, text);
}

/**
 * @param {HTMLElement} place
 * @param {State} state
 */
function mark(place, { head, answer }) {
  const last = (answer?.weights.shape[0] ?? 1) - 1;
  const value = String(head === "all" ? (last > 0 ? "all" : 0) : Math.min(head, last));
  for (const input of place.querySelectorAll("input")) input.checked = input.value === value;
}

/**
 * @param {HTMLElement} place
 * @param {State} state
 */
function drawThumbnails(place, { answer }) {
  if (!answer) return;
  const theme = readTheme();
  const colour = weightColour(answer, theme);
  place.querySelectorAll("canvas").forEach((canvas, head) => {
    const { width, height, pixels } = thumbnail(
      rowsOf(answer.weights, head),
      colour,
      theme.maskRgb,
    );
    Object.assign(canvas, { width, height });
    const pen = canvas.getContext("2d");
    pen?.putImageData(new ImageData(pixels, width, height), 0, 0);
  });
}
