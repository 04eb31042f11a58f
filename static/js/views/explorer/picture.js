// @ts-check
/** The picture of a region in the room that there is, in colours that stand still while one zooms. */

import { headPicture } from "../../figures/headmap.js";
import { t } from "../../lib/i18n.js";
import { rangeOf } from "../../lib/matrices.js";
import { ruler } from "../../lib/measure.js";
import { readTheme } from "../../lib/theme.js";
import { isSameWindow, wholeOf, windowOf } from "../../lib/captures/windows.js";

/** @import { ExplorerState, Region } from "../../lib/captures/types.js" */

/** Half a label may stand over the right edge of its column. */
const RIGHT = 8;

/** @typedef {ReturnType<typeof createPeaks>} Peaks */

/** Remembers the largest weight of heads that were seen whole; of others the small picture tells it. */
export function createPeaks() {
  /** @type {Map<string, number>} */
  const known = new Map();
  return {
    /** @param {ExplorerState} state @param {Region} region */
    of({ grid, capture }, { of, weights, ...region }) {
      const name = [of.kind, of.layer, of.head].join("/");
      const whole = capture && wholeOf(capture.kinds[of.kind]);
      if (whole && isSameWindow({ query: region.query, key: region.key }, whole)) {
        known.set(name, sizeOf(rangeOf(weights)));
      }
      const told = grid?.kind === of.kind ? grid.scale[of.layer]?.[of.head] : 0;
      return known.get(name) ?? told ?? 0;
    },
  };
}

/**
 * @param {ExplorerState} state
 * @param {Region} region
 * @param {{width: number, peaks: Peaks}} look
 */
export function pictureOf(state, region, { width, peaks }) {
  const { capture, kind, zoom } = state;
  const { kinds, tokens } = /** @type {NonNullable<typeof capture>} */ (capture);
  const theme = readTheme();
  const sizes = kinds[region.of.kind];
  // The picture of another kind stays until the chosen one is there, as whole as it was drawn.
  const own = { query: region.query, key: region.key };
  const window = region.of.kind === kind ? windowOf(zoom, sizes) : own;
  const view = {
    ...{ region, window, sizes, sides: tokens[region.of.kind], theme },
    most: peaks.of(state, region),
    tallest: Math.max(280, Math.min(620, innerHeight - 384)),
    measure: ruler(`12.5px ${theme.font}`),
    axes: { queries: t("queries ↓"), keys: t("keys →") },
    unit: t("weight"),
  };
  const picture = headPicture({ ...view, width });
  const { left, width: drawn } = picture.frame.plots[0];
  const needed = Math.ceil(left + drawn + RIGHT);
  return {
    window,
    picture: needed < width ? headPicture({ ...view, width: needed }) : picture,
  };
}

/** @param {[number, number]} range */
function sizeOf([low, high]) {
  return Math.max(-low, high);
}
