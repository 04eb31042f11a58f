// @ts-check
/** Colour scales, mixed in Oklab so that equal steps look equal. */

/** @typedef {[red: number, green: number, blue: number]} Rgb each 0 to 255 */
/** @typedef {[lightness: number, a: number, b: number]} Oklab */

/**
 * Mix a scale through its stops.
 * @param {Rgb[]} stops at equal distances
 * @param {number} [steps]
 * @returns {Rgb[]}
 */
export function ramp(stops, steps = 33) {
  const points = stops.map(toOklab);
  return Array.from({ length: steps }, (_, step) => {
    const place = (step / (steps - 1)) * (points.length - 1);
    const left = Math.min(Math.floor(place), points.length - 2);
    const share = place - left;
    const [from, to] = [points[left], points[left + 1]];
    return fromOklab([0, 1, 2].map((axis) => from[axis] + share * (to[axis] - from[axis])));
  });
}

/**
 * The colour at a place of a scale.
 * @param {Rgb[]} scale
 * @param {number} place 0 to 1; outside is clamped
 */
export function colourAt(scale, place) {
  const index = Math.round(Math.min(Math.max(place, 0), 1) * (scale.length - 1));
  return scale[index];
}

/**
 * A scale as Plotly takes it.
 * @param {Rgb[]} scale
 * @returns {[number, string][]}
 */
export function plotScale(scale) {
  return scale.map((colour, index) => [index / (scale.length - 1), css(colour)]);
}

/** @param {Rgb} colour */
export function css([red, green, blue]) {
  return `rgb(${red}, ${green}, ${blue})`;
}

/**
 * Perceived lightness, 0 to 1.
 * @param {Rgb} colour
 */
export function lightness(colour) {
  return toOklab(colour)[0];
}

/**
 * The ink with the larger contrast on a ground, by WCAG 2: never below 4.5 to 1.
 * @param {Rgb} ground
 */
export function inkOn(ground) {
  const [r, g, b] = ground.map((value) => linear(value / 255));
  const luminance = 0.2126 * r + 0.7152 * g + 0.0722 * b;
  return (luminance + 0.05) ** 2 > 1.05 * 0.05 ? "rgb(0, 0, 0)" : "rgb(255, 255, 255)";
}

// The matrices are Björn Ottosson's, https://bottosson.github.io/posts/oklab/.

/**
 * @param {Rgb} colour
 * @returns {Oklab}
 */
function toOklab(colour) {
  const [r, g, b] = colour.map((value) => linear(value / 255));
  const l = Math.cbrt(0.4122214708 * r + 0.5363325363 * g + 0.0514459929 * b);
  const m = Math.cbrt(0.2119034982 * r + 0.6806995451 * g + 0.1073969566 * b);
  const s = Math.cbrt(0.0883024619 * r + 0.2817188376 * g + 0.6299787005 * b);
  return [
    0.2104542553 * l + 0.793617785 * m - 0.0040720468 * s,
    1.9779984951 * l - 2.428592205 * m + 0.4505937099 * s,
    0.0259040371 * l + 0.7827717662 * m - 0.808675766 * s,
  ];
}

/**
 * @param {number[]} colour
 * @returns {Rgb}
 */
function fromOklab([lightness, a, b]) {
  const l = (lightness + 0.3963377774 * a + 0.2158037573 * b) ** 3;
  const m = (lightness - 0.1055613458 * a - 0.0638541728 * b) ** 3;
  const s = (lightness - 0.0894841775 * a - 1.291485548 * b) ** 3;
  return [
    encoded(4.0767416621 * l - 3.3077115913 * m + 0.2309699292 * s),
    encoded(-1.2684380046 * l + 2.6097574011 * m - 0.3413193965 * s),
    encoded(-0.0041960863 * l - 0.7034186147 * m + 1.707614701 * s),
  ];
}

/** @param {number} value */
function linear(value) {
  return value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
}

/** @param {number} value */
function encoded(value) {
  const clamped = Math.min(Math.max(value, 0), 1);
  const curved = clamped <= 0.0031308 ? clamped * 12.92 : 1.055 * clamped ** (1 / 2.4) - 0.055;
  return Math.round(curved * 255);
}
