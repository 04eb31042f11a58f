// @ts-check
/** Where ticks stand beside a window of a matrix, and what they say. Pure. */

import { labelOf } from "../lib/captures/tokens.js";
import { showPlace } from "../lib/numbers.js";
import { labelsOf } from "./labels.js";

/** @import { Token } from "../lib/captures/types.js" */
/** @import { Span } from "../lib/captures/windows.js" */
/** @import { Measure } from "./labels.js" */

/** What a word takes: all stay while there is the least, and some are left out below. */
const WORD = { needed: 15, least: 11.5 };
/** What a place takes: a line, with room to breathe. */
const PLACE = 40;
/** Of so few tokens words are shown, be it only some; of more their places, until all words fit. */
export const FEW = 60;
const SIZES = { large: 12.5, sparse: 11, small: 10.5 };

/**
 * @typedef {object} Ticks
 * @property {number[]} tokens where they stand
 * @property {string[]} labels already safe for Plotly
 * @property {number} size of the type
 */

/**
 * @typedef {object} Side
 * @property {Token[]} tokens
 * @property {Span} span of the window
 * @property {number} pixels that the window takes
 * @property {number} room for a word, in pixels
 * @property {boolean} isUpright whether labels are written along the axis' own direction
 * @property {Measure} measure
 */

/**
 * Words as long as they can be read, else places counted from 1, at round numbers: those stay where
 * they are while the window moves.
 * @param {Side} side
 * @returns {Ticks}
 */
export function ticksOf({ tokens, span, pixels, room, isUpright, measure }) {
  const [first, last] = tokensOf(span, tokens.length);
  const each = Math.max(pixels / (span[1] - span[0]), 1e-6);
  if (tokens.length <= FEW || each >= WORD.least) {
    const labels = labelsOf(tokens.slice(first, last + 1).map(labelOf), room, measure);
    const across = Math.max(...[...new Set(labels)].map(measure)) + 8;
    const line = isUpright ? { needed: across, least: across } : WORD;
    const step = each >= line.least ? 1 : Math.ceil(line.needed / each);
    if (step === 1 || tokens.length <= FEW) return wordTicks(first, labels, { step, each });
  }
  const line = isUpright ? measure(showPlace(last + 1)) + 14 : PLACE;
  return placeTicks(first, last, line / each);
}

/**
 * The tokens whose middle is inside.
 * @param {Span} span
 * @param {number} count
 */
function tokensOf([from, to], count) {
  const first = Math.max(Math.ceil(from - 0.5), 0);
  return [first, Math.max(Math.min(Math.ceil(to - 0.5), count) - 1, first)];
}

/**
 * @param {number} first
 * @param {string[]} labels of all tokens of the window
 * @param {{step: number, each: number}} room
 * @returns {Ticks}
 */
function wordTicks(first, labels, { step, each }) {
  const places = everyFew(labels.length, step);
  const size = step > 1 ? SIZES.sparse : each < WORD.needed ? SIZES.small : SIZES.large;
  return {
    tokens: places.map((place) => first + place),
    labels: places.map((place) => labels[place]),
    size,
  };
}

/**
 * Every few places, and always the last.
 * @param {number} count
 * @param {number} step
 */
function everyFew(count, step) {
  const places = [];
  for (let place = 0; place < count; place += step) places.push(place);
  if (places.length < 2 || places.at(-1) === count - 1) return places;
  places.pop(); // it stands nearer to the last than a label is wide
  return [...places, count - 1];
}

/**
 * Places that are counted from 1 and stand at round numbers: 1, 50, 100.
 * @param {number} first
 * @param {number} last
 * @param {number} least tokens between two ticks
 * @returns {Ticks}
 */
function placeTicks(first, last, least) {
  const step = roundStep(least);
  const places = first === 0 && step > 2 ? [1] : [];
  for (let place = Math.ceil((first + 1) / step) * step; place <= last + 1; place += step) {
    places.push(place);
  }
  if (places.length === 0) places.push(first + 1);
  return {
    tokens: places.map((place) => place - 1),
    labels: places.map(showPlace),
    size: SIZES.sparse,
  };
}

/** @param {number} least the next of 1, 2, 5, 10, 20, … */
function roundStep(least) {
  const power = 10 ** Math.floor(Math.log10(Math.max(least, 1)));
  const factor = [1, 2, 5, 10].find((each) => each * power >= least) ?? 10;
  return factor * power;
}
