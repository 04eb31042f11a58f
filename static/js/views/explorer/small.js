// @ts-check
/** A head as a picture of a few pixels, out of whatever is known of it. */

import { colourOf } from "../../figures/matrix.js";
import { thumbnail } from "../../figures/thumbnail.js";
import { rangeOf, weightsRange } from "../../lib/matrices.js";
import { readTheme } from "../../lib/theme.js";

/** @import { ExplorerState } from "../../lib/captures/types.js" */

/**
 * The rows of a head among the small pictures of all.
 * @param {ExplorerState} state
 * @returns {Float32Array[] | null}
 */
export function smallRows({ grid, kind, layer, head }) {
  if (grid?.kind !== kind) return null;
  const [, heads, rows, columns] = grid.shape;
  const start = (layer * heads + head) * rows * columns;
  return Array.from({ length: rows }, (_, row) => {
    const from = start + row * columns;
    return Float32Array.from(grid.bytes.subarray(from, from + columns));
  });
}

/**
 * @param {HTMLCanvasElement} canvas
 * @param {Float32Array[]} rows
 */
export function paintSmall(canvas, rows) {
  const theme = readTheme();
  const ends = rows.map((data) => rangeOf({ shape: [], data }));
  const [low, high] = [Math.min(...ends.map(([a]) => a)), Math.max(...ends.map(([, b]) => b))];
  const isSigned = low < 0;
  const colour = colourOf({ range: weightsRange([low, high], isSigned), isSigned, theme });
  const { width, height, pixels } = thumbnail(rows, colour, theme.maskRgb);
  Object.assign(canvas, { width, height });
  canvas.getContext("2d")?.putImageData(new ImageData(pixels, width, height), 0, 0);
}
