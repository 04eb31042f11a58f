// @ts-check
/** On a narrow screen the mechanism is a sheet that comes from below. */

import { find } from "../lib/dom.js";

const NARROW = "(width < 820px)";

/** @param {boolean} isOpen */
function toggleSheet(isOpen) {
  find("mechanism").classList.toggle("sheet--open", isOpen);
  find("sheet-open").setAttribute("aria-expanded", String(isOpen));
}

/**
 * Open the sheet where an element would else be hidden in it.
 * @param {Element} element
 */
export function showSheetOf(element) {
  if (find("mechanism").contains(element) && matchMedia(NARROW).matches) toggleSheet(true);
}

/** Make the sheet open and close. */
export function mountSheet() {
  const sheet = find("mechanism");
  const button = find("sheet-open");
  /** @param {boolean} isOpen */
  const open = (isOpen) => {
    toggleSheet(isOpen);
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
