// @ts-check
/** What is typed or pasted where tokens are expected. */

/**
 * Split what was typed or pasted: one token between spaces, kept whole.
 * @param {string} text
 */
export function splitAtSpaces(text) {
  return text.split(/\s+/u).filter(Boolean);
}
