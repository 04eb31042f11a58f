// @ts-check
/** Which part of a spec makes the score: as a rule the score itself, or one that takes its place. */

import { choiceOf } from "./parts.js";

/** @import { Catalogue, Choice } from "../types.js" */

/**
 * @param {Record<string, any>} spec resolved
 * @param {Catalogue["parts"]} parts
 * @returns {Choice | undefined}
 */
export function scoreMaker(spec, parts) {
  const others = ["heads", "normalizer"].map((name) => choiceOf(parts[name], spec[name].kind));
  return others.find((choice) => choice?.score_mathml) ?? choiceOf(parts.score, spec.score.kind);
}
