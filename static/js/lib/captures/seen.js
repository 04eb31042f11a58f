// @ts-check
/** Rectangles that were drawn before: going back asks nobody. */

/** @import { Asked, Region } from "./types.js" */

/** A picture of 512² cells takes a megabyte. */
const MOST = 24;

/**
 * @typedef {object} Seen
 * @property {(id: string, asked: Asked) => Region | null} find
 * @property {(id: string, asked: Asked, region: Region) => void} keep
 */

/** @returns {Seen} */
export function createSeen() {
  /** @type {Map<string, Region>} the latest used last */
  const regions = new Map();
  /** @param {string} name @param {Region} region */
  const put = (name, region) => {
    regions.delete(name);
    regions.set(name, region);
    const [oldest] = regions.keys();
    if (regions.size > MOST) regions.delete(oldest);
  };
  return {
    find(id, asked) {
      const name = nameOf(id, asked);
      const region = regions.get(name) ?? null;
      if (region) put(name, region);
      return region;
    },
    keep(id, asked, region) {
      // What was sampled will be sharper the next time.
      if (!region.sampled) put(nameOf(id, asked), region);
    },
  };
}

/** @param {string} id @param {Asked} asked */
function nameOf(id, asked) {
  return `${id} ${JSON.stringify(asked)}`;
}
