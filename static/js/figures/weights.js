// @ts-check
/** The colour of a weight, wherever it is shown. Pure. */

import { rangeOf, weightsRange } from "../lib/matrices.js";
import { colourOf } from "./matrix.js";

/** @import { Answer } from "../types.js" */
/** @import { Theme } from "../lib/theme.js" */

/**
 * @param {Pick<Answer, "weights" | "flags">} answer
 * @param {Theme} theme
 */
export function weightColour({ weights, flags: { signed: isSigned } }, theme) {
  return colourOf({ range: weightsRange(rangeOf(weights), isSigned), isSigned, theme });
}
