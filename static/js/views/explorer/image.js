// @ts-check
/** The image as the model saw it, patch by patch, warm with the weight of each. */

import { patchGrid } from "../../lib/captures/tokens.js";
import { css } from "../../lib/colour.js";
import { make } from "../../lib/dom.js";
import { t } from "../../lib/i18n.js";
import { show } from "../../lib/numbers.js";
import { chooseToken } from "./choose.js";
import { walkTokens } from "./walk.js";

/** @import { Capture, ExplorerStore, Sides } from "../../lib/captures/types.js" */
/** @import { Marks } from "./marks.js" */

/** An image of fewer pixels than this shows them. */
const COARSE = 64;

/**
 * @param {ExplorerStore} store
 * @param {HTMLElement} place
 */
export function mountImage(store, place) {
  const picture = /** @type {HTMLImageElement} */ (place.querySelector("img"));
  const patches = /** @type {HTMLElement} */ (place.querySelector("[role=listbox]"));
  let side = /** @type {"query" | "key"} */ ("key");
  let columns = 1;
  picture.addEventListener("load", () => {
    place.classList.toggle("image--coarse", picture.naturalWidth <= COARSE);
  });
  patches.addEventListener("click", ({ target }) => {
    const patch = /** @type {HTMLElement} */ (target).closest("[data-token]");
    if (patch instanceof HTMLElement) chooseToken(store, side, Number(patch.dataset.token));
  });
  patches.addEventListener("keydown", (event) =>
    walkTokens(event, patches, (at) => chooseToken(store, side, at), columns),
  );
  return {
    side: () => side,
    /**
     * @param {Capture} capture
     * @param {Sides} sides
     */
    build({ image }, sides) {
      side = patchGrid(sides.key) ? "key" : "query";
      const grid = patchGrid(sides[side]);
      place.hidden = !image || !grid;
      patches.replaceChildren();
      if (!image || !grid) return;
      columns = grid.columns;
      picture.src = image;
      place.style.setProperty("--columns", String(grid.columns));
      place.style.setProperty("--rows", String(grid.rows));
      patches.append(
        ...sides[side].flatMap(({ kind, place: at }, index) =>
          kind === "patch" && at ? [patchOf(at, index)] : [],
        ),
      );
    },
    /** @param {Marks} marks */
    mark(marks) {
      markPatches(patches, marks);
    },
  };
}

/**
 * @param {[row: number, column: number]} place
 * @param {number} index
 */
function patchOf([row, column], index) {
  const names = { row: row + 1, column: column + 1 };
  const patch = make("span", {
    class: "patch",
    role: "option",
    tabindex: -1,
    "data-token": index,
    "data-name": t("patch in row {row}, column {column}", names),
  });
  patch.style.gridArea = `${row + 1} / ${column + 1}`;
  return patch;
}

/**
 * @param {HTMLElement} patches
 * @param {Marks} marks
 */
function markPatches(patches, { heat, chosen, pinned }) {
  const isInside = patches.contains(document.activeElement);
  const all = /** @type {NodeListOf<HTMLElement>} */ (patches.querySelectorAll("[data-token]"));
  const isHere = [...all].some((patch) => Number(patch.dataset.token) === chosen);
  all.forEach((patch, index) => {
    const at = Number(patch.dataset.token);
    const colour = heat?.colour(at);
    patch.style.setProperty("--heat", colour ? css(colour) : "");
    patch.style.setProperty("--share", String(heat?.share(at) ?? 0));
    patch.classList.toggle("patch--pinned", at === pinned);
    const isChosen = at === chosen;
    patch.setAttribute("aria-selected", String(isChosen));
    patch.tabIndex = isChosen || (!isHere && index === 0) ? 0 : -1;
    const weight = heat?.weight(at) ?? NaN;
    const says = Number.isNaN(weight) ? "" : `, ${t("weight")} ${show(weight, 3)}`;
    patch.setAttribute("aria-label", `${patch.dataset.name}${says}`);
    patch.title = Number.isNaN(weight) ? "" : show(weight, 4);
    if (isChosen && isInside) patch.focus();
  });
}
