// @ts-check
/** What the page asks the server about captures. */

import { getJson, json } from "./ask.js";
import { decodeGrid } from "./lib/captures/grids.js";
import { decodeRegion } from "./lib/captures/regions.js";

/** @import { Explained } from "./types.js" */
/** @import { Asked, Capture, Grid, Place, Region } from "./lib/captures/types.js" */

const { api } = document.documentElement.dataset;

/** @param {string} id */
const urlOf = (id) => `${api}/captures/${encodeURIComponent(id)}`;

/** @param {string} id @returns {Promise<Capture>} */
export const fetchCapture = (id) => getJson(urlOf(id));

/** @param {number} limit @returns {Promise<Capture[]>} the newest */
export const fetchCaptures = async (limit) => {
  return (await getJson(`${api}/captures?limit=${limit}`)).captures;
};

/** @param {string} id @param {string} name @returns {Promise<Capture>} */
export const renameCapture = (id, name) =>
  getJson(urlOf(id), { method: "PATCH", ...json({ name }) });

/** @param {string} id */
export const deleteCapture = (id) => getJson(urlOf(id), { method: "DELETE" });

/**
 * Hear how a capture comes along, until it is ready or failed.
 * @param {string} id
 * @param {{told: (now: {state: Capture["state"]} & Capture["progress"]) => void, lost: () => void}} tell
 */
export function followCapture(id, { told, lost }) {
  const events = new EventSource(`${urlOf(id)}/events`);
  events.addEventListener("progress", ({ data }) => {
    const now = JSON.parse(data);
    // The server ends the stream then; a browser would open it again.
    if (now.state === "ready" || now.state === "failed") events.close();
    told(now);
  });
  events.addEventListener("error", () => {
    if (events.readyState === EventSource.CLOSED) lost();
  });
  return () => events.close();
}

/**
 * @param {string} id
 * @param {string} kind
 * @param {AbortSignal} signal
 * @returns {Promise<Grid>}
 */
export async function fetchGrid(id, kind, signal) {
  const fields = new URLSearchParams({ kind, cell: "32" });
  return decodeGrid(await getJson(`${urlOf(id)}/grid?${fields}`, { signal }));
}

/**
 * A rectangle of one head: its weights and, where they are known, its scores.
 * @param {string} id
 * @param {Asked} asked
 * @param {AbortSignal} signal
 * @returns {Promise<Region>}
 */
export async function fetchRegion(id, { of, window, weights, scores }, signal) {
  const sides = { query: window.query.join(":"), key: window.key.join(":") };
  const place = { kind: of.kind, layer: String(of.layer), head: String(of.head), ...sides };
  /** @param {string} what @param {{largest: number, dtype?: string}} size */
  const matrix = (what, { largest, dtype = "f4" }) => {
    const size = { height: String(largest), width: String(largest) };
    const fields = new URLSearchParams({ ...place, ...size, what, encoding: "base64" });
    // What takes a pass over the whole matrix is drawn from some of its rows meanwhile.
    fields.set("sampled", "true");
    if (dtype !== "f4") fields.set("dtype", dtype);
    if (what === "weights" && !scores) fields.set("masked", "true");
    return getJson(`${urlOf(id)}/region?${fields}`, { signal });
  };
  const [shown, before] = await Promise.all([
    matrix("weights", weights),
    scores && matrix("scores", scores),
  ]);
  return decodeRegion(of, shown, before);
}

/**
 * The arithmetic of one cell.
 * @param {string} id
 * @param {Place & {query: number, key: number}} cell
 * @param {AbortSignal} signal
 * @returns {Promise<Explained>}
 */
export const fetchCapturedCell = (id, { kind, layer, head, query, key }, signal) => {
  const places = Object.entries({ layer, head, query, key }).map(([name, at]) => [name, `${at}`]);
  const fields = new URLSearchParams([["kind", kind], ...places]);
  return getJson(`${urlOf(id)}/cell?${fields}`, { signal });
};
