// @ts-check
/** Sizes of files for the eye. */

/**
 * Megabytes, as the disks of a shop count them; small ones with a decimal.
 * @param {number} bytes
 */
export function sizeOf(bytes) {
  const megabytes = bytes / 1e6;
  if (megabytes >= 1000) return `${(megabytes / 1000).toFixed(1)} GB`;
  return megabytes >= 10 ? `${Math.round(megabytes)} MB` : `${megabytes.toFixed(1)} MB`;
}
