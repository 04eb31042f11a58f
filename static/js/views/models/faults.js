// @ts-check
/** What is wrong with what a model is asked, each fault beside its field. */

import { faultsOf } from "../../lib/captures/asking.js";
import { find } from "../../lib/dom.js";
import { clearProblem, showProblem } from "../problems.js";

/** @import { Problem } from "../../types.js" */

const FIELDS = ["model", "text", "image", "generate", "target", "layers", "values"];

/** @param {string} field */
export function placeOf(field) {
  return /** @type {HTMLElement} */ (find("models").querySelector(`[data-path="source.${field}"]`));
}

/** Take back all that was told. */
export function clearFaults() {
  FIELDS.forEach((field) => clearProblem(placeOf(field)));
}

/**
 * Each fault beside its field, and what is about none of them below all.
 * @param {Problem} problem
 * @param {(problem: Problem) => void} refused
 */
export function showFaults(problem, refused) {
  const faults = faultsOf(problem, FIELDS);
  for (const { field, message } of faults) {
    if (field) showFault(field, message, { isFromServer: true });
  }
  const isTold = faults.some(({ field }) => field && placeOf(field).checkVisibility());
  if (!isTold) refused(problem);
}

/**
 * @param {string} field
 * @param {string} message
 * @param {{isFromServer?: boolean}} [origin]
 */
export function showFault(field, message, origin) {
  placeOf(field).closest("details")?.setAttribute("open", "");
  showProblem(placeOf(field), message, origin);
}
