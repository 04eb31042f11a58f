// @ts-check
/** One head of a capture as the picture of a matrix. Pure. */

import { labelOf } from "../lib/captures/tokens.js";
import { isSameWindow, wholeOf } from "../lib/captures/windows.js";
import { reachOf } from "../lib/captures/shade.js";
import { rangeOf, rowsOf, weightsRange } from "../lib/matrices.js";
import { knownIn, placeIn, rangesOf } from "./among.js";
import { labelsOf, longestLabels, widest } from "./labels.js";
import { planPanels } from "./plan.js";
import { FEW, ticksOf } from "./ticks.js";

/** @import { Region, Sides, Window } from "../lib/captures/types.js" */
/** @import { Extent } from "../lib/captures/windows.js" */
/** @import { Theme } from "../lib/theme.js" */
/** @import { Measure } from "./labels.js" */
/** @import { Picture } from "./matrix.js" */
/** @import { Frame } from "./plan.js" */

/** Room for the words of a long sequence, whichever of them are shown: the picture never moves. */
const LONG_LABEL = { query: 88, key: 68 };
const NARROW = { width: 480, label: 68 };
/** The titles of the axes, where they stand beside the colour bar. */
const BESIDE_BAR = 176;

/**
 * @typedef {object} View
 * @property {Region} region
 * @property {Window} window what is looked at; the region may be of another, until the new one is there
 * @property {Extent} sizes of the whole matrix
 * @property {Sides} sides
 * @property {number} most the largest weight of the whole head, by size; 0 where it is not known
 * @property {number} width
 * @property {number} tallest
 * @property {Theme} theme
 * @property {Measure} measure
 * @property {{queries: string, keys: string}} axes
 * @property {string} [unit] of the numbers
 */

/**
 * @param {View} view
 * @returns {Picture}
 */
export function headPicture(view) {
  const { region, window, sizes, sides, measure, theme, axes } = view;
  const isWhole = isSameWindow(window, wholeOf(sizes));
  const room = roomsOf(view);
  const { square } = planPanels({
    ...{ width: view.width, tallest: view.tallest, heads: 1 },
    ...{ queries: sizes.n_queries, keys: sizes.n_keys },
    ...{ queryLabel: room.query, keyLabel: room.key },
  });
  const isLong = Math.max(sizes.n_queries, sizes.n_keys) > FEW;
  const frame = isLong || !isWhole ? withFreeCorner(square) : square;
  const [plot] = frame.plots;
  /** @param {"query" | "key"} side @param {0 | 1} axis @param {number} pixels */
  const ticks = (side, axis, pixels) => {
    const isUpright = axis === 1 && !frame.isTurned;
    const shown = { span: window[side], pixels, room: room[side], isUpright };
    const { tokens, labels, size } = ticksOf({ tokens: sides[side], ...shown, measure });
    const place = placeIn(region[side], region.cell[axis]);
    return { places: tokens.map((token) => place(token + 0.5) - 0.5), labels, size };
  };
  const ranges = rangesOf(region, window);
  const range = rangeOf(region.weights);
  const isSigned = range[0] < 0;
  return {
    frame,
    shown: [0],
    heads: [rowsOf(region.weights, 0)],
    titles: [],
    axes: [axes.keys, axes.queries],
    rows: { labels: [], range: ranges.rows, ticks: ticks("query", 0, plot.height) },
    columns: { labels: [], range: ranges.columns, ticks: ticks("key", 1, plot.width) },
    unit: view.unit,
    range: isWhole ? weightsRange(range, isSigned) : partRange(range, view.most),
    isSigned,
    hasGaps: region.weights.data.some(Number.isNaN),
    known: knownIn(plot, ranges, region.weights.shape),
    theme,
  };
}

/**
 * How much room labels take: that of the widest where all can be shown, else what is kept for them.
 * @param {View} view
 */
function roomsOf({ sides, width, measure }) {
  const longest = longestLabels(width);
  /** @param {"query" | "key"} side */
  const room = (side) => {
    if (sides[side].length > FEW) return width < NARROW.width ? NARROW.label : LONG_LABEL[side];
    return widest(labelsOf(sides[side].map(labelOf), longest[side], measure), measure);
  };
  return { query: room("query"), key: room("key") };
}

/**
 * The titles of the axes in one line beside the colour bar: the corner is left to the small picture
 * of the whole.
 * @param {Frame} frame
 * @returns {Frame}
 */
function withFreeCorner(frame) {
  const { left, top, width } = frame.bar;
  const [plot] = frame.plots;
  return {
    ...frame,
    bar: { ...frame.bar, width: Math.max(width - BESIDE_BAR, width / 3) },
    titles: { x: left + plot.width, y: top + 14, isOneLine: true },
  };
}

/**
 * @param {[number, number]} range of the numbers that are drawn
 * @param {number} most
 * @returns {[number, number]}
 */
function partRange([low, high], most) {
  const reach = reachOf(Math.max(-low, high), most);
  return [low < 0 ? -reach : 0, reach];
}
