// @ts-check
/** On a narrow screen the mechanism is a sheet that comes from below. */

import { find } from "../lib/dom.js";

/** Make the sheet open and close. */
export function mountSheet() {
  const sheet = find("mechanism");
  const button = find("sheet-open");
  /** @param {boolean} isOpen */
  const open = (isOpen) => {
    sheet.classList.toggle("sheet--open", isOpen);
    button.setAttribute("aria-expanded", String(isOpen));
    if (isOpen) find("sheet-close").focus();
    else button.focus();
  };
  button.addEventListener("click", () => open(true));
  find("sheet-close").addEventListener("click", () => open(false));
  sheet.addEventListener("keydown", (event) => {
    if (event.key === "Escape" && sheet.classList.contains("sheet--open")) open(false);
  });
  document.addEventListener("pointerdown", (event) => {
    const isOutside = !sheet.contains(/** @type {Node} */ (event.target));
    if (isOutside && sheet.classList.contains("sheet--open")) open(false);
  });
}
