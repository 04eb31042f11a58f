// @ts-check
/** Menus that open under their button, and close as menus do. */

/** Make every menu of the template work. */
export function mountMenus() {
  for (const menu of document.querySelectorAll("[data-menu]")) {
    const button = /** @type {HTMLButtonElement} */ (menu.querySelector("button"));
    const list = /** @type {HTMLElement} */ (menu.querySelector("ul"));
    /** @param {boolean} isOpen */
    const open = (isOpen) => {
      list.hidden = !isOpen;
      button.setAttribute("aria-expanded", String(isOpen));
    };
    button.addEventListener("click", () => open(list.hidden === true));
    list.addEventListener("click", () => {
      open(false);
      button.focus();
    });
    menu.addEventListener("keydown", (event) =>
      walkMenu(/** @type {KeyboardEvent} */ (event), list, open),
    );
    menu.addEventListener("focusout", (event) => {
      const next = /** @type {FocusEvent} */ (event).relatedTarget;
      if (next && !menu.contains(/** @type {Node} */ (next))) open(false);
    });
    document.addEventListener("pointerdown", (event) => {
      if (!menu.contains(/** @type {Node} */ (event.target))) open(false);
    });
  }
}

/**
 * @param {KeyboardEvent} event
 * @param {HTMLElement} list
 * @param {(isOpen: boolean) => void} open
 */
function walkMenu(event, list, open) {
  const items = [...list.querySelectorAll("button")];
  const here = items.indexOf(/** @type {HTMLButtonElement} */ (document.activeElement));
  if (event.key === "Escape" && !list.hidden) {
    open(false);
    list.parentElement?.querySelector("button")?.focus();
    event.stopPropagation();
  } else if (event.key === "ArrowDown" || event.key === "ArrowUp") {
    event.preventDefault();
    open(true);
    const step = event.key === "ArrowDown" ? 1 : -1;
    items.at((here + step + items.length) % items.length)?.focus();
  }
}
