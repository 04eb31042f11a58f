// @ts-check
/** The slim colour bar below a matrix, with the real range. Pure. */

import { showShort } from "../lib/numbers.js";

/** @import { Picture } from "./matrix.js" */

const STEPS = 64;
/** A narrower bar has room for its ends only. */
const WITH_UNIT = 140;

/**
 * The bar is drawn as a matrix of one row, so that its place is known to the pixel.
 * @param {Picture} picture
 * @param {number} id of its axes
 */
export function colourBar(picture, id) {
  const { frame, theme } = picture;
  const [low, high] = rangeOf(picture);
  const x = Array.from({ length: STEPS }, (_, at) => low + ((at + 0.5) / STEPS) * (high - low));
  const { left, top, width, height } = frame.bar;
  const line = { showline: true, mirror: true, linewidth: 1, linecolor: theme.line };
  const quiet = { showgrid: false, zeroline: false, fixedrange: true, showticklabels: false };
  return {
    trace: { x, y: [0], z: [x], xaxis: `x${id}`, yaxis: `y${id}`, hoverinfo: "skip" },
    axes: {
      [`xaxis${id}`]: {
        ...{ ...quiet, ...line, range: [low, high], anchor: `y${id}`, tickvals: [], ticks: "" },
        domain: [left / frame.width, (left + width) / frame.width],
      },
      [`yaxis${id}`]: {
        ...{ ...quiet, ...line, range: [-0.5, 0.5], anchor: `x${id}`, tickvals: [], ticks: "" },
        domain: [1 - (top + height) / frame.height, 1 - top / frame.height],
      },
    },
    ends: endsOf(picture, low, high),
  };
}

/**
 * A bar needs some width, even when all numbers are the same.
 * @param {Picture} picture
 * @returns {[number, number]}
 */
function rangeOf({ range: [low, high] }) {
  return low === high ? [Math.min(0, low), Math.max(0, high) || 1] : [low, high];
}

/**
 * The numbers below the bar: both ends inside its width, and zero or the unit where there is room.
 * @param {Picture} picture
 * @param {number} low
 * @param {number} high
 */
function endsOf({ frame, theme, unit }, low, high) {
  const { left, top, width, height } = frame.bar;
  const zero = -low / (high - low);
  /** @param {number} place @param {number} value @param {string} xanchor */
  const end = (place, value, xanchor) => ({
    text: showShort(value),
    font: { size: 11, color: theme.muted, family: theme.font },
    ...{ showarrow: false, borderpad: 0, xref: "paper", yref: "paper", yanchor: "top", xanchor },
    x: (left + place * width) / frame.width,
    y: 1 - (top + height + 3) / frame.height,
  });
  const isRoom = zero > 0.15 && zero < 0.85;
  const ends = [end(0, low, "left"), end(1, high, "right")];
  if (isRoom) return [...ends, end(zero, 0, "center")];
  return unit && width >= WITH_UNIT ? [...ends, { ...end(0.5, 0, "center"), text: unit }] : ends;
}
