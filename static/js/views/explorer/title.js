// @ts-check
/** What is looked at: the capture's name, which can be changed, its model and its sizes. */

import { ProblemError } from "../../ask.js";
import { renameCapture } from "../../captures.js";
import { find } from "../../lib/dom.js";
import { spoken, t } from "../../lib/i18n.js";
import { sizesIn } from "../layers.js";
import { deleteAndLeave } from "./leave.js";
import { clearProblem, showProblem } from "../problems.js";

/** @import { ExplorerState, ExplorerStore } from "../../lib/captures/types.js" */

/** @param {ExplorerStore} store */
export function mountTitle(store) {
  const name = /** @type {HTMLInputElement} */ (find("name"));
  const place = find("name-field");
  const rename = async () => {
    const { capture } = store.get();
    if (!capture || name.value.trim() === capture.name) return;
    try {
      const { name: given } = await renameCapture(capture.id, name.value.trim());
      clearProblem(place);
      const now = store.get().capture;
      if (now) store.set({ capture: { ...now, name: given } });
    } catch (error) {
      if (!(error instanceof ProblemError)) throw error;
      showProblem(place, error.problem.detail, { isFromServer: true });
    }
  };
  name.addEventListener("change", rename);
  name.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && !event.isComposing) name.blur();
    if (event.key === "Escape") {
      name.value = store.get().capture?.name ?? "";
      name.blur();
    }
  });
  mountRemoval(store);
  store.watch(["capture", "kind"], (state) => {
    const { capture } = state;
    if (!capture) return;
    find("bar-content").hidden = false;
    if (document.activeElement !== name) name.value = capture.name;
    document.title = `${capture.name} · Attention Atlas`;
    find("sizes").textContent = sizesOf(state);
  });
}

/** @param {ExplorerStore} store */
function mountRemoval(store) {
  const dialog = /** @type {HTMLDialogElement} */ (find("removal"));
  find("remove").addEventListener("click", () => dialog.showModal());
  find("remove-no").addEventListener("click", () => dialog.close());
  find("remove-yes").addEventListener("click", () => {
    const { capture } = store.get();
    dialog.close();
    if (capture) deleteAndLeave(store, capture.id);
  });
}

/** @param {ExplorerState} state */
function sizesOf({ capture, kind }) {
  const model = capture?.source.model;
  const sizes = capture?.kinds[kind];
  const words = model ? [model] : [];
  if (sizes) {
    const { n_layers: layers, n_heads: heads, n_queries, n_keys } = sizes;
    const [queries, keys] = [n_queries, n_keys].map((count) => count.toLocaleString(spoken()));
    words.push(sizesIn(layers, heads));
    words.push(
      queries === keys
        ? t("{count} tokens", { count: queries })
        : t("{queries} queries, {keys} keys", { queries, keys }),
    );
  }
  return words.join(" · ");
}
