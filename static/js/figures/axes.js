// @ts-check
/** Axes whose ticks stand at positions and whose words are tick text, because tokens repeat. */

/** @import { Box, Frame } from "./plan.js" */
/** @import { Theme } from "../lib/theme.js" */

const ROOM_FOR_A_WORD = 9.5;
const LARGEST_TYPE = 12.5;

/**
 * @typedef {object} Words
 * @property {string[]} labels already safe for Plotly
 * @property {[number, number] | null} range in positions; null for all
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
  const needed = frame.isTurned ? ROOM_FOR_A_WORD : widestOf(words.labels);
  return {
    ...axis(words, { cell, needed, isShown: frame.hasLabels, theme }),
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
    ...axis(words, { cell, needed: ROOM_FOR_A_WORD, isShown: frame.hasLabels, theme }),
    range: [high, low], // the first query on top, as text reads
    domain: [1 - (plot.top + plot.height) / frame.height, 1 - plot.top / frame.height],
  };
}

/**
 * @param {Words} words
 * @param {{cell: number, needed: number, isShown: boolean, theme: Theme}} look
 */
function axis({ labels, range }, { cell, needed, isShown, theme }) {
  const step = Math.max(1, Math.ceil(needed / cell));
  const first = Math.max(0, Math.ceil(range?.[0] ?? 0));
  const last = Math.min(labels.length - 1, Math.floor(range?.[1] ?? labels.length));
  const ticks = [];
  for (let index = first; index <= last; index += step) ticks.push(index);
  return {
    tickmode: "array",
    tickvals: isShown ? ticks : [],
    ticktext: ticks.map((index) => labels[index]),
    tickfont: {
      family: theme.font,
      size: Math.min(LARGEST_TYPE, Math.max(8.5, cell * step * 0.85)),
    },
    color: theme.text,
    ticks: "",
    ticklabelstandoff: 3,
    showgrid: false,
    zeroline: false,
    showline: true,
    mirror: true,
    linewidth: 1,
    linecolor: theme.line,
    automargin: false,
  };
}

/** @param {string[]} labels */
function widestOf(labels) {
  return Math.max(...labels.map((label) => label.length)) * 8 + 6;
}
