// @ts-check
/** The image that is chosen, and its preview. */

import { find } from "../../lib/dom.js";

/** Mount the file field. */
export function mountPicked() {
  const input = /** @type {HTMLInputElement} */ (find("models-image"));
  const preview = /** @type {HTMLImageElement} */ (find("models-preview"));
  /** @type {File | null} */
  let file = null;
  let picks = 0;
  /** @param {File | null} next */
  const show = (next) => {
    picks += 1;
    file = next;
    URL.revokeObjectURL(preview.src);
    preview.hidden = !file;
    if (file) preview.src = URL.createObjectURL(file);
    else preview.removeAttribute("src");
  };
  input.addEventListener("change", () => show(input.files?.[0] ?? null));
  return {
    file: () => file,
    /** Take none. */
    clear() {
      input.value = "";
      show(null);
    },
    /**
     * Take an example once it is here, unless another image was chosen by then.
     * @param {Promise<File>} coming
     */
    async take(coming) {
      picks += 1;
      const mine = picks;
      const example = await coming;
      if (picks !== mine) return;
      input.value = "";
      show(example);
    },
  };
}
