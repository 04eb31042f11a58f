// @ts-check
/** What changes is told to those who listen, too. */

import { find } from "../../lib/dom.js";
import { t } from "../../lib/i18n.js";
import { spokenHint } from "./hint.js";

/** @import { ExplorerStore } from "../../lib/captures/types.js" */

/** @param {ExplorerStore} store */
export function mountStatus(store) {
  const status = find("status");
  store.watch(["pointed"], (state) => {
    if (state.pointed && document.activeElement === find("map"))
      status.textContent = spokenHint(state);
  });
  let isTold = false; // words that come later change the capture, too
  store.watch(["capture"], ({ capture }) => {
    if (capture?.state !== "ready" || isTold) return;
    isTold = true;
    status.textContent = t("The capture is ready.");
  });
}
