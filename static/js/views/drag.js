// @ts-check
/** Reorders chips by dragging them. */

/**
 * @param {HTMLElement} place
 * @param {() => HTMLElement[]} chips
 * @param {(from: number, to: number) => void} move
 */
export function dragChips(place, chips, move) {
  let from = -1;
  /** @param {Event} event */
  const under = (event) => {
    const target = /** @type {HTMLElement} */ (event.target);
    return chips().indexOf(/** @type {HTMLElement} */ (target.closest?.(".chip")));
  };
  const clear = () => {
    for (const chip of chips()) chip.classList.remove("chip--dragged", "chip--target");
  };
  place.addEventListener("dragstart", (event) => {
    from = under(event);
    chips()[from]?.classList.add("chip--dragged");
    // Firefox starts no drag without data.
    event.dataTransfer?.setData("text/plain", chips()[from]?.textContent ?? "");
  });
  place.addEventListener("dragover", (event) => {
    const to = under(event);
    if (from < 0 || to < 0) return;
    event.preventDefault();
    chips().forEach((chip, index) => chip.classList.toggle("chip--target", index === to));
  });
  place.addEventListener("drop", (event) => {
    const to = under(event);
    event.preventDefault();
    clear();
    if (from >= 0 && to >= 0) move(from, to);
    from = -1;
  });
  place.addEventListener("dragend", () => {
    clear();
    from = -1;
  });
}
