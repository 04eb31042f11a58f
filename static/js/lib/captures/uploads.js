// @ts-check
/** Files that are sent: what they are, and how long the rest will take. Pure. */

/** Before nobody can tell how fast it goes. */
const PATIENCE_S = 1;

/**
 * What a file is, by its name.
 * @param {string} name
 * @returns {"safetensors" | "npz" | null}
 */
export function formatOf(name) {
  const [, ending = ""] = /\.(safetensors|npz)$/i.exec(name) ?? [];
  return /** @type {any} */ (ending.toLowerCase() || null);
}

/**
 * Seconds that the rest takes, at the speed so far.
 * @param {{sent: number, total: number, elapsed_s: number}} upload
 * @returns {number | null} null while nobody can tell
 */
export function restOf({ sent, total, elapsed_s }) {
  if (elapsed_s < PATIENCE_S || sent === 0) return null;
  return ((total - sent) * elapsed_s) / sent;
}
