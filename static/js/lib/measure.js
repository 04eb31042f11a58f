// @ts-check
/** How wide a text will be. */

/**
 * Make a ruler for one font.
 * @param {string} font as in CSS
 * @returns {(text: string) => number} pixels
 */
export function ruler(font) {
  const pen = /** @type {CanvasRenderingContext2D} */ (
    document.createElement("canvas").getContext("2d")
  );
  pen.font = font;
  // An escaped sign is one sign wide.
  return (text) => pen.measureText(text.replace(/&(amp|lt|gt);/g, "&")).width;
}
