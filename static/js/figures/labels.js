// @ts-check
/** The words beside a matrix, as long as there is room. Pure. */

import { plotLabel } from "../lib/labels.js";

/** @typedef {(label: string) => number} Measure the width of a label, in pixels */

/** Graphemes of a token that fit beside a matrix; the rest is in the hover and in the strip. */
const AXIS_LIMIT = 20;

/** The share of a panel that the labels of its rows may take: room for AXIS_LIMIT graphemes. */
const MOST_OF_WIDTH = 0.52;
/** Turned labels are no longer than this. */
const TALLEST = 176;

/**
 * How long the labels of rows and columns may be.
 * @param {number} width of a panel
 */
export function longestLabels(width) {
  return { query: width * MOST_OF_WIDTH, key: TALLEST };
}

/**
 * The width of the longest label.
 * @param {string[]} labels
 * @param {Measure} measure
 */
export function widest(labels, measure) {
  return Math.max(...[...new Set(labels)].map(measure));
}

/**
 * Labels no wider than there is room; an ellipsis stands for the rest.
 * @param {string[]} tokens
 * @param {number} room
 * @param {Measure} measure
 */
export function labelsOf(tokens, room, measure) {
  /** @type {Map<string, string>} */
  const known = new Map();
  for (const token of new Set(tokens)) {
    let limit = AXIS_LIMIT;
    let label = plotLabel(token, limit);
    while (limit > 1 && measure(label) > room) label = plotLabel(token, (limit -= 1));
    known.set(token, label);
  }
  return tokens.map((token) => known.get(token) ?? "");
}
