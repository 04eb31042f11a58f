// @ts-check
/** Axes whose ticks stand at positions and whose words are tick text, because tokens repeat. */

import { readLabel } from "../lib/labels.js";

/** @import { Box, Frame } from "./plan.js" */
/** @import { Theme } from "../lib/theme.js" */

/** What a line of text takes: `needed` where some labels are left out, `least` where all stay. */
const LINE = { needed: 15, least: 11.5 };
const LARGEST_TYPE = 12.5;
const SPARSE_TYPE = 11;
const SMALLEST_TYPE = 10.5;

/**
 * @typedef {object} Words
 * @property {string[]} labels already safe for Plotly
 * @property {[number, number] | null} range in positions; null for all
 * @property {{places: number[], labels: string[], size: number}} [ticks] where the labels are too many
 *   to be given, those that are shown
 */

/**
 * @param {Frame} frame
 * @param {Box} plot
 * @param {Words} words
 * @param {Theme} theme
 */
export function columnAxis(frame, plot, words, theme) {
  const [low, high] = words.range ?? [-0.5, words.labels.length - 0.5];
  const cell = plot.width / (high - low);
  const widest = widestOf(words.labels);
  const room = frame.isTurned ? LINE : { needed: widest, least: widest };
  return {
    ...axis(words, { cell, room, isShown: frame.hasLabels, theme }),
    range: [low, high],
    domain: [plot.left / frame.width, (plot.left + plot.width) / frame.width],
    side: "top",
    tickangle: frame.isTurned ? -90 : 0,
  };
}

/**
 * @param {Frame} frame
 * @param {Box} plot
 * @param {Words} words
 * @param {Theme} theme
 */
export function rowAxis(frame, plot, words, theme) {
  const [low, high] = words.range ?? [-0.5, words.labels.length - 0.5];
  const cell = plot.height / (high - low);
  return {
    ...axis(words, { cell, room: LINE, isShown: frame.hasLabels, theme }),
    range: [high, low], // the first query on top, as text reads
    domain: [1 - (plot.top + plot.height) / frame.height, 1 - plot.top / frame.height],
  };
}

/**
 * @param {Words} words
 * @param {{cell: number, room: {needed: number, least: number}, isShown: boolean, theme: Theme}} look
 */
function axis(words, { cell, room, isShown, theme }) {
  const ticks = words.ticks ?? thinned(words, { cell, room });
  return {
    tickmode: "array",
    tickvals: isShown ? ticks.places : [],
    ticktext: ticks.labels,
    tickfont: { family: theme.font, size: ticks.size },
    color: theme.text,
    ticks: "",
    ticklabelstandoff: 3,
    ticklabeloverflow: "allow", // else the last one would be hidden
    showgrid: false,
    zeroline: false,
    showline: true,
    mirror: true,
    linewidth: 1,
    linecolor: theme.line,
    automargin: false,
  };
}

/**
 * As many labels as there is room for.
 * @param {Words} words
 * @param {{cell: number, room: {needed: number, least: number}}} look
 */
function thinned({ labels, range }, { cell, room }) {
  // A page that is being laid out may have no room at all for an instant.
  const step = cell >= room.least ? 1 : Math.ceil(room.needed / Math.max(cell, 0.01));
  const first = Math.max(0, Math.ceil(range?.[0] ?? 0));
  const last = Math.min(labels.length - 1, Math.floor(range?.[1] ?? labels.length));
  const places = ticksOf(first, last, step);
  const size = step > 1 ? SPARSE_TYPE : cell < LINE.needed ? SMALLEST_TYPE : LARGEST_TYPE;
  return { places, labels: places.map((index) => labels[index]), size };
}

/**
 * Every few positions, and always the last.
 * @param {number} first
 * @param {number} last
 * @param {number} step
 */
function ticksOf(first, last, step) {
  const ticks = [];
  for (let index = first; index <= last; index += step) ticks.push(index);
  if (ticks.length < 2 || ticks.at(-1) === last) return ticks;
  ticks.pop(); // it stands nearer to the last than a label is wide
  return [...ticks, last];
}

/** @param {string[]} labels */
function widestOf(labels) {
  return Math.max(...labels.map((label) => readLabel(label).length)) * 8 + 6;
}
