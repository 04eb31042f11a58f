// @ts-check
/** How wide a label will be. */

import { readLabel } from "./labels.js";

/**
 * Make a ruler for one font.
 * @param {string} font as in CSS
 * @returns {(label: string) => number} pixels, of a label of Plotly
 */
export function ruler(font) {
  const pen = /** @type {CanvasRenderingContext2D} */ (
    document.createElement("canvas").getContext("2d")
  );
  pen.font = font;
  return (label) => pen.measureText(readLabel(label)).width;
}
