// @ts-check
/** Whether what something is made from is new: then it is worth making again. */

/** Tell whether any of some things is another than the last time. */
export function changes() {
  /** @type {any[] | null} */
  let last = null;
  return (/** @type {any[]} */ ...things) => {
    const isNew = things.some((thing, index) => !last || thing !== last[index]);
    last = things;
    return isNew;
  };
}
