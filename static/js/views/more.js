// @ts-check
/** The line under a table that is larger than its place: how much of it is out of sight. */

import { make } from "../lib/dom.js";
import { t } from "../lib/i18n.js";

const SLIP = 4;

/**
 * Put the line under a scroller, and keep it true.
 * @param {HTMLElement} scroller
 * @param {HTMLElement[]} items what is counted: rows, or the cells of one row
 */
export function withMore(scroller, items) {
  // The table is read whole by those who listen.
  const line = make("p", { class: "more", "aria-hidden": "true" });
  const tell = () => {
    const isLarger =
      scroller.scrollHeight > scroller.clientHeight + 1 ||
      scroller.scrollWidth > scroller.clientWidth + 1;
    line.hidden = !isLarger;
    line.textContent = isLarger ? hidden(scroller, items) : "";
  };
  scroller.addEventListener("scroll", tell, { passive: true });
  const observer = new ResizeObserver(() => (scroller.isConnected ? tell() : undefined));
  observer.observe(scroller);
  return make("div", { class: "with-more" }, scroller, line);
}

/**
 * @param {HTMLElement} scroller
 * @param {HTMLElement[]} items
 */
function hidden(scroller, items) {
  const isAcross = items.length > 1 && items[0].offsetTop === items[1].offsetTop;
  const [from, to] = isAcross ? /** @type {const} */ (["left", "right"]) : ["top", "bottom"];
  const place = edges(scroller);
  const start = place[from] + stuck(scroller, isAcross ? "tbody th" : "thead th", isAcross);
  const end = place[to] - stuck(scroller, "tfoot td", isAcross);
  const boxes = items.map(edges);
  const before = boxes.filter((box) => box[from] < start - SLIP).length;
  const after = boxes.filter((box) => box[to] > end + SLIP).length;
  const texts = isAcross
    ? [
        before && t("{count} more to the left", { count: before }),
        after && t("{count} more to the right", { count: after }),
      ]
    : [
        before && t("{count} more above", { count: before }),
        after && t("{count} more below", { count: after }),
      ];
  return texts.filter(Boolean).join(" · ");
}

/**
 * @param {HTMLElement} element
 * @returns {Record<string, number>}
 */
function edges(element) {
  const { left, right, top, bottom } = element.getBoundingClientRect();
  return { left, right, top, bottom };
}

/**
 * How much of the place its sticky cells cover.
 * @param {HTMLElement} scroller
 * @param {string} selector
 * @param {boolean} isAcross
 */
function stuck(scroller, selector, isAcross) {
  const cell = /** @type {HTMLElement | null} */ (scroller.querySelector(selector));
  if (!cell) return 0;
  return isAcross ? cell.offsetWidth : cell.offsetHeight;
}
