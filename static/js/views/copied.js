// @ts-check
/** Copying code, and saying so. */

import { t } from "../lib/i18n.js";

/**
 * @param {HTMLElement} code
 * @param {HTMLElement} note
 */
export async function copyFrom(code, note) {
  try {
    await navigator.clipboard.writeText(code.textContent ?? "");
    note.textContent = t("Copied.");
  } catch {
    // Outside localhost and https a page may not write to the clipboard.
    getSelection()?.selectAllChildren(code);
    note.textContent = t("Selected: press Ctrl+C to copy.");
  }
}
