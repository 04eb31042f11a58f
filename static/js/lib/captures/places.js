// @ts-check
/** A window in the address, so that a link shows the same place. Pure. */

import { zoomOf } from "./windows.js";

/** @import { Window } from "./types.js" */
/** @import { Extent, Span } from "./windows.js" */

const SPAN = /^(\d{1,9}(?:\.\d{1,3})?):(\d{1,9}(?:\.\d{1,3})?)$/;

/**
 * Read the window from the fields of an address, as the API writes spans.
 * @param {URLSearchParams} fields
 * @param {Extent} sizes
 * @returns {Window | null} null for the whole, and for what is no window
 */
export function readWindow(fields, sizes) {
  const [query, key] = [spanOf(fields.get("queries")), spanOf(fields.get("keys"))];
  if (!query && !key) return null;
  const all = { query: query ?? [0, sizes.n_queries], key: key ?? [0, sizes.n_keys] };
  return zoomOf(/** @type {Window} */ (all), sizes);
}

/**
 * Write a window into the fields of an address; the others stay.
 * @param {URLSearchParams} fields
 * @param {Window | null} zoom
 */
export function writeWindow(fields, zoom) {
  const written = new URLSearchParams(fields);
  written.delete("queries");
  written.delete("keys");
  if (!zoom) return written;
  written.set("queries", textOf(zoom.query));
  written.set("keys", textOf(zoom.key));
  return written;
}

/** @param {string | null} text @returns {Span | null} */
function spanOf(text) {
  const [, from, to] = SPAN.exec(text ?? "") ?? [];
  return from !== undefined && Number(from) < Number(to) ? [Number(from), Number(to)] : null;
}

/**
 * As many decimals as tell pixels apart.
 * @param {Span} span
 */
function textOf([from, to]) {
  const decimals = to - from > 2048 ? 0 : to - from > 128 ? 1 : 3;
  return [from, to].map((end) => String(Number(end.toFixed(decimals)))).join(":");
}
