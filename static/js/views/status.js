// @ts-check
/** What the page says of itself: in the header for the eye, in the live region for the ear. */

import { find } from "../lib/dom.js";
import { t } from "../lib/i18n.js";
import { show } from "../lib/numbers.js";
import { isEmpty } from "../lib/request.js";
import { spokenCell } from "./tooltip.js";

/** @import { Store } from "../store.js" */

/**
 * @param {Store} store
 */
export function mountStatus(store) {
  const status = find("status");
  store.watch(["isBusy"], ({ isBusy }) => document.body.classList.toggle("is-busy", isBusy));
  /** The last request that was refused. @type {import("../types.js").Request | null} */
  let refused = null;
  /** @type {import("../types.js").Problem | null} */
  let told = null;
  store.watch(["request", "answer", "problem"], ({ request, answer, problem }) => {
    if (problem && problem !== told) refused = request;
    told = problem;
    const isSettled = answer?.request === request || refused === request || isEmpty(request);
    find("panels").setAttribute("aria-busy", String(!isSettled));
  });
  store.watch(["answer"], ({ answer, compare }) => {
    if (!answer) return;
    const { device, dtype, computeMs, weights } = answer;
    find("facts-text").textContent = `${device} · ${dtype} · ${show(computeMs, 1)} ms`;
    if (isSpokenElsewhere(compare)) return;
    const [heads, queries, keys] = weights.shape;
    status.textContent = t("Computed: {queries} queries, {keys} keys, heads: {heads}.", {
      queries,
      keys,
      heads,
    });
  });
  store.watch(["problem"], ({ problem, compare }) => {
    if (problem && !isSpokenElsewhere(compare))
      status.textContent = t("Not computed: {detail}", { detail: problem.detail });
  });
  store.watch(["pointed"], ({ pointed, answer }) => {
    const isByKeys = document.activeElement?.classList.contains("panel__picture");
    if (pointed && answer && isByKeys) status.textContent = spokenCell(answer, pointed);
  });
}

/**
 * Columns side by side tell their outcomes together, once.
 * @param {import("../types.js").Comparison | null} compare
 */
function isSpokenElsewhere(compare) {
  return compare !== null && compare.specs.length > 1;
}
