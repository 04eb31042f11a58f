// @ts-check
/** Zooming one matrix zooms what it shares with the others: queries with all, keys with one. */

/** @import { Store } from "../store.js" */
/** @import { PanelName, Zoom } from "../types.js" */

/** @type {Zoom} */
const WHOLE = { query: null, key: null, dim: null };

/**
 * Follow what Plotly tells of a drag or a double click.
 * @param {Store} store
 * @param {PanelName} name
 * @param {Record<string, any>} changes
 */
export function zoomTo(store, name, changes) {
  if (changes.isReset) {
    store.set({ zoom: null });
    return;
  }
  const column = name === "outputs" ? "dim" : "key";
  const { x, y } = rangesIn(changes);
  if (!x && !y) return;
  const zoom = { ...(store.get().zoom ?? WHOLE) };
  if (x) zoom[column] = x;
  if (y) zoom.query = y;
  store.set({ zoom });
}

/**
 * What a drag touched of both axes.
 * @param {Record<string, any>} changes
 */
export function rangesIn(changes) {
  return { x: rangeIn(changes, "x"), y: rangeIn(changes, "y") };
}

/**
 * The cells that a drag touched, whole: a picture never starts inside one.
 * @param {Record<string, any>} changes
 * @param {"x" | "y"} letter
 * @returns {[number, number] | null}
 */
function rangeIn(changes, letter) {
  const pattern = new RegExp(`^${letter}axis\\d*\\.range\\[[01]\\]$`);
  const ends = Object.keys(changes)
    .filter((name) => pattern.test(name))
    .map((name) => changes[name]);
  if (ends.length !== 2) return null;
  return [Math.floor(Math.min(...ends) + 0.5) - 0.5, Math.ceil(Math.max(...ends) - 0.5) + 0.5];
}
