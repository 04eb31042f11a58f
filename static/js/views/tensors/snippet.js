// @ts-check
/** Code that makes such a file, to be copied. */

import { find } from "../../lib/dom.js";
import { copyFrom } from "../copied.js";

/** Mount the button. */
export function mountSnippet() {
  find("tensors-copy").addEventListener("click", () => {
    copyFrom(find("tensors-code"), find("tensors-note"));
  });
}
