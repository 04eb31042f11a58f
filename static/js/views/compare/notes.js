// @ts-check
/** What a reader of a column may trip over, folded. */

import { make } from "../../lib/dom.js";
import { t } from "../../lib/i18n.js";

/** @import { Shown } from "./shown.js" */

/**
 * @param {Shown} column
 * @returns {HTMLElement[]}
 */
export function notesOf({ outcome }) {
  const notes = outcome?.problem ? [] : (outcome?.answer?.notes ?? []);
  if (notes.length === 0) return [];
  const summary = make("summary", { text: t("Notes: {count}", { count: notes.length }) });
  // The server's own words, which are English.
  const items = notes.map(({ message }) => make("li", { text: message, lang: "en" }));
  return [make("details", { class: "column__notes" }, summary, make("ul", {}, ...items))];
}
