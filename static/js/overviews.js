// @ts-check
/** What the page asks the server of the whole pictures of large heads. */

import { getJson, json } from "./ask.js";
import { readOverview } from "./lib/captures/overviews.js";

/** @import { Overview, Place } from "./lib/captures/types.js" */

const { api } = document.documentElement.dataset;

/** @param {string} id @param {Place} of @param {string} [part] */
const urlOf = (id, { kind, layer, head }, part = "") => {
  const fields = new URLSearchParams({ kind, layer: String(layer), head: String(head) });
  return `${api}/captures/${encodeURIComponent(id)}/overview${part}?${fields}`;
};

/** @param {string} id @param {Place} of @param {AbortSignal} signal @returns {Promise<Overview>} */
export const fetchOverview = async (id, of, signal) =>
  readOverview(await getJson(urlOf(id, of), { signal }));

/** @param {string} id @param {Place} of @returns {Promise<Overview>} */
export const startOverview = async (id, of) => {
  const [address] = urlOf(id, of).split("?");
  return readOverview(await getJson(address, { method: "POST", ...json(of) }));
};

/**
 * Stop one that is computed, even while the page is being left.
 * @param {string} id
 * @param {Place} of
 */
export const stopOverview = (id, of) =>
  getJson(urlOf(id, of), { method: "DELETE", keepalive: true });

/**
 * Hear how one comes along, until it is ready, failed or stopped.
 * @param {string} id
 * @param {Place} of
 * @param {{told: (now: Pick<Overview, "state" | "done" | "total" | "eta_s">) => void, lost: (isForGood: boolean) => void}} tell
 */
export function followOverview(id, of, { told, lost }) {
  const events = new EventSource(urlOf(id, of, "/events"));
  events.addEventListener("progress", ({ data }) => {
    const now = JSON.parse(data);
    // The server ends the stream then; a browser would open it again.
    if (now.state !== "waiting" && now.state !== "running") events.close();
    told(now);
  });
  events.addEventListener("error", () => lost(events.readyState === EventSource.CLOSED));
  return () => events.close();
}
