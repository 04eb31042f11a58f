// @ts-check
/** “Copy as”: the picture as the request that made it. */

import { attentionUrl } from "../api.js";
import { find } from "../lib/dom.js";
import { curl, httpx, library } from "../lib/snippets.js";
import { writeFragment } from "../lib/link.js";
import { copyFrom } from "./copied.js";

/** @import { Store } from "../store.js" */
/** @import { State } from "../types.js" */

/** @type {Record<string, (state: State) => string>} */
const WRITERS = {
  curl: ({ request }) => curl(request, attentionUrl()),
  httpx: ({ request }) => httpx(request, attentionUrl()),
  library: ({ request }) => library(request),
  link: (state) => new URL(writeFragment(state), location.href).href,
};

/**
 * @param {Store} store
 */
export function mountCopy(store) {
  const dialog = /** @type {HTMLDialogElement} */ (find("copy"));
  const kinds = find("copy-kinds");
  const note = find("copy-note");
  /** @type {HTMLButtonElement} */
  const opener = find("copy-open");
  store.watch(["answer"], ({ answer }) => (opener.disabled = !answer));
  const write = () => {
    const chosen = /** @type {HTMLInputElement} */ (kinds.querySelector(":checked"));
    find("copy-code").textContent = WRITERS[chosen.value](store.get());
    note.textContent = "";
  };
  opener.addEventListener("click", () => {
    write();
    dialog.showModal();
  });
  kinds.addEventListener("change", write);
  find("copy-do").addEventListener("click", () => copyFrom(find("copy-code"), note));
}
