// @ts-check
/** Walking tokens with the arrow keys, as they stand on the screen. */

/**
 * @param {KeyboardEvent} event
 * @param {HTMLElement} list
 * @param {(token: number) => void} choose
 * @param {number} [columns] of patches that stand in rows
 */
export function walkTokens(event, list, choose, columns = 1) {
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  const words = /** @type {HTMLElement[]} */ ([
    ...list.querySelectorAll("[data-token]:not(.token--later)"),
  ]);
  const here = words.indexOf(/** @type {HTMLElement} */ (document.activeElement));
  const forward = list.dir === "rtl" ? -1 : 1;
  /** @type {Record<string, number>} */
  const steps = {
    ArrowRight: here + forward,
    ArrowLeft: here - forward,
    ArrowDown: here + columns,
    ArrowUp: here - columns,
    Home: 0,
    End: words.length - 1,
    Enter: here,
    " ": here,
  };
  const next = words[steps[event.key]];
  if (steps[event.key] === undefined) return;
  event.preventDefault();
  if (!next) return;
  next.focus(); // before the choice, which keeps the focus in the list
  choose(Number(next.dataset.token));
}
