// @ts-check
/** Which layers of a model are kept, and what they are called: counted from one, as readers do. Pure. */

/** @import { Capture } from "./types.js" */

/** Most layers that a capture may keep. */
const MOST = 256;

/**
 * The number of a layer in its model, counted from one; a capture may have kept some layers only.
 * @param {Pick<Capture, "source"> | null} capture
 * @param {number} layer of the capture, counted from zero
 */
export function layerNumber(capture, layer) {
  const kept = capture?.source.layers;
  if (!Array.isArray(kept)) return layer + 1;
  const inOrder = [...new Set(kept)].sort((one, other) => one - other);
  return (inOrder[layer] ?? layer) + 1;
}

/**
 * The layers of a choice, counted from zero as the API does; null for all of them. Every fourth is
 * counted from the last, which is always among them.
 * @param {"all" | "fourth" | "last" | "own"} choice
 * @param {{own: string, count: number | null}} of what is written, and how many there are
 * @returns {number[] | null | undefined} undefined where what is written names no layers
 */
export function layersOf(choice, { own, count }) {
  if (choice === "own") return readLayers(own, count ?? MOST);
  if (choice === "all" || count === null) return null;
  const all = Array.from({ length: count }, (_, layer) => layer);
  return choice === "last" ? all.slice(-1) : all.filter((layer) => (count - 1 - layer) % 4 === 0);
}

/**
 * Write layers as they are read: 1–3, 12.
 * @param {number[]} layers counted from zero
 */
export function writeLayers(layers) {
  /** @type {[first: number, last: number][]} */
  const runs = [];
  for (const layer of [...new Set(layers)].sort((one, other) => one - other)) {
    const run = runs.at(-1);
    if (run && run[1] === layer - 1) run[1] = layer;
    else runs.push([layer, layer]);
  }
  return runs
    .map(([first, last]) => (first === last ? `${first + 1}` : `${first + 1}–${last + 1}`))
    .join(", ");
}

/**
 * @param {string} text numbers and runs of them
 * @param {number} most
 */
function readLayers(text, most) {
  const parts = text.split(/[,，、;\s]+/).filter(Boolean);
  /** @type {Set<number>} */
  const found = new Set();
  for (const part of parts) {
    const [, from, to = from] = /^(\d{1,4})(?:[-–—](\d{1,4}))?$/.exec(part) ?? [];
    const [first, last] = [Number(from), Number(to)];
    if (!(first >= 1 && first <= last && last <= most)) return undefined;
    for (let layer = first; layer <= last; layer += 1) found.add(layer - 1);
  }
  return found.size > 0 ? [...found].sort((one, other) => one - other) : undefined;
}
