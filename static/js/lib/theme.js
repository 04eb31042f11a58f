// @ts-check
/** The roles of the style sheet, read as colours that a chart can use. */

import { css, ramp } from "./colour.js";

/** @import { Rgb } from "./colour.js" */

/**
 * @typedef {object} Theme
 * @property {string} surface
 * @property {string} text
 * @property {string} muted
 * @property {string} line
 * @property {string} mask ground of forbidden cells
 * @property {Rgb} maskRgb the same, as bytes
 * @property {string} hatch its strokes
 * @property {string} font of numbers and tokens
 * @property {Rgb[]} sequential zero to the largest
 * @property {Rgb[]} diverging negative, zero, positive
 */

/** @type {Map<string, Theme>} */
const known = new Map();

/**
 * The theme that is on now. There are two, and each is read from the style sheet once.
 * @returns {Theme}
 */
export function readTheme() {
  const isSystemDark = matchMedia("(prefers-color-scheme: dark)").matches;
  const name = document.documentElement.dataset.theme ?? (isSystemDark ? "dark" : "light");
  const theme = known.get(name) ?? readStyles();
  known.set(name, theme);
  return theme;
}

/** @returns {Theme} */
function readStyles() {
  const probe = document.createElement("span");
  probe.hidden = true;
  document.body.append(probe);
  const pen = document.createElement("canvas").getContext("2d", { willReadFrequently: true });
  /** @param {string} role @returns {Rgb} */
  const rgb = (role) => {
    probe.style.color = `var(--${role})`;
    return paint(/** @type {CanvasRenderingContext2D} */ (pen), getComputedStyle(probe).color);
  };
  /** @param {string[]} roles */
  const scale = (...roles) => ramp(roles.map(rgb));
  const theme = {
    surface: css(rgb("color-surface")),
    text: css(rgb("color-text")),
    muted: css(rgb("color-text-muted")),
    line: css(rgb("color-line")),
    mask: css(rgb("color-mask")),
    maskRgb: rgb("color-mask"),
    hatch: css(rgb("color-hatch")),
    font: getComputedStyle(document.documentElement).getPropertyValue("--font-mono"),
    sequential: scale("data-zero", "data-some", "data-much", "data-most"),
    diverging: scale(
      "data-negative-most",
      "data-negative",
      "data-zero",
      "data-positive",
      "data-positive-most",
    ),
  };
  probe.remove();
  return theme;
}

/**
 * A canvas turns any CSS colour, oklch too, into the bytes that Plotly understands.
 * @param {CanvasRenderingContext2D} pen
 * @param {string} colour
 * @returns {Rgb}
 */
function paint(pen, colour) {
  pen.fillStyle = colour;
  pen.fillRect(0, 0, 1, 1);
  const [red, green, blue] = pen.getImageData(0, 0, 1, 1).data;
  return [red, green, blue];
}
