// @ts-check
/** Where the page of a capture is. */

import { spoken } from "../../lib/i18n.js";

/** @param {string} id of a capture */
export function addressOf(id) {
  return `${document.documentElement.dataset.captures}/${id}?lang=${spoken()}`;
}

/** @param {string} id */
export function goTo(id) {
  location.href = addressOf(id);
}
