// @ts-check
/** The colours of a line of weights, token by token. */

import { colourOf } from "../../figures/matrix.js";
import { chosenOf } from "../../explore.js";
import { nameOf } from "../../lib/captures/lines.js";
import { readTheme } from "../../lib/theme.js";

/** @import { ExplorerState } from "../../lib/captures/types.js" */
/** @import { Rgb } from "../../lib/colour.js" */

/**
 * @typedef {object} Tones
 * @property {(token: number) => number} weight NaN where masked or unknown
 * @property {(token: number) => Rgb | null} colour null where masked or unknown
 * @property {(token: number) => number} share of the largest, 0 to 1
 */

/**
 * The heat that is shown; an old line stays until the new one is there, but never another kind's.
 * @param {ExplorerState} state
 * @param {[from: number, to: number]} run
 * @returns {Tones | null}
 */
export function heatOf(state, run) {
  const { heat, kind, direction } = state;
  if (!heat || chosenOf(state) === null) return null;
  const [name] = nameOf({ kind, layer: 0, head: 0 }, direction, 0).split("/");
  const fits = heat.start === run[0] && heat.weights.length === run[1] - run[0];
  if (!fits || !heat.of.startsWith(`${name}/`)) return null;
  const sizes = Array.from(heat.weights, (weight) => Math.abs(weight) || 0);
  const most = Math.max(...sizes) || 1;
  const isSigned = heat.weights.some((weight) => weight < 0);
  const colour = colourOf({ range: [0, most], isSigned, theme: readTheme() });
  /** @param {number} token */
  const weight = (token) => heat.weights[token - heat.start] ?? NaN;
  return {
    weight,
    colour: (token) => (Number.isNaN(weight(token)) ? null : colour(weight(token))),
    share: (token) => Math.abs(weight(token)) / most || 0,
  };
}
