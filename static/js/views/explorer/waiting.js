// @ts-check
/** While a capture is made: how far it is, and the way to stop it; and what went wrong. */

import { ProblemError } from "../../ask.js";
import { followCapture } from "../../captures.js";
import { find, make } from "../../lib/dom.js";
import { t } from "../../lib/i18n.js";
import { openCapture } from "../../words.js";
import { detailOf, wordsFor } from "../banner.js";
import { timeLeft } from "../durations.js";
import { deleteAndLeave } from "./leave.js";

/** @import { Capture, ExplorerState, ExplorerStore } from "../../lib/captures/types.js" */
/** @import { Problem } from "../../types.js" */

/** How soon a page whose stream was refused asks again. */
const AGAIN_MS = 2000;

/**
 * @param {ExplorerStore} store
 * @param {string} id
 * @param {(capture: Capture) => void} show
 */
export function mountWaiting(store, id, show) {
  const isUnderWay = () => ["queued", "running"].includes(store.get().capture?.state ?? "");
  const refresh = async () => {
    try {
      show(await openCapture(id));
    } catch (error) {
      if (!(error instanceof ProblemError)) throw error;
      store.set({ problem: error.problem });
    }
  };
  let isFollowing = false;
  const follow = () => {
    if (isFollowing) return;
    isFollowing = true;
    followCapture(id, {
      told({ state, done, total, eta_s }) {
        const { capture } = store.get();
        if (!capture) return;
        if (state === "ready" || state === "failed") refresh();
        else store.set({ capture: { ...capture, state, progress: { done, total, eta_s } } });
      },
      lost() {
        isFollowing = false;
        if (isUnderWay()) setTimeout(refresh, AGAIN_MS);
      },
    });
  };
  find("cancel").addEventListener("click", () => deleteAndLeave(store, id));
  // Most captures are there before a second: words and numbers only for the others.
  setTimeout(() => find("waiting").classList.add("waiting--told"), 1000);
  store.watch(["capture", "problem"], (state) => {
    const { capture, problem } = state;
    const isReady = capture?.state === "ready";
    find("explorer").hidden = !isReady;
    find("waiting").hidden = isReady || Boolean(problem) || capture?.state === "failed";
    showProblemOf(state);
    if (!isUnderWay() || problem) return;
    tell(/** @type {Capture} */ (capture));
    follow();
  });
}

/** @param {Capture} capture */
function tell({ state, source, progress: { done, total, eta_s } }) {
  const bar = /** @type {HTMLProgressElement} */ (find("progress"));
  const doing = source.kind === "model" ? t("The model reads") : t("Queries and keys are read");
  const isCounted = state === "running" && total > 1;
  if (isCounted) Object.assign(bar, { value: done, max: total });
  else bar.removeAttribute("value");
  const counted = isCounted ? t("{done} of {total}", { done, total }) : "";
  find("waiting-title").textContent = state === "queued" ? t("Waiting for its turn") : doing;
  find("waiting-numbers").textContent = [counted, timeLeft(eta_s)].filter(Boolean).join(" · ");
}

/** @param {ExplorerState} state */
function showProblemOf({ capture, problem }) {
  const told = problem ?? (capture?.state === "failed" ? failureOf(capture) : null);
  const place = find("problem");
  place.hidden = !told;
  if (!told) return;
  const [title, way] = titleOf(told, capture);
  place.replaceChildren(
    make("p", { class: "banner__title", text: title }),
    ...(told.status === 404 ? [] : [detailOf(told)]), // which speaks to those who call the API
    ...(way ? [make("p", { class: "banner__way", text: way })] : []),
    ...(capture?.state === "ready" ? [] : [make("p", { class: "banner__way" }, wayHome())]),
  );
}

/** Where there is nothing to look at, the workbench is where a model is asked again. */
function wayHome() {
  const href = find("home").getAttribute("href") ?? "/";
  return make("a", { class: "button button--small", href, text: t("Back to the workbench") });
}

/** @param {Capture} capture @returns {Problem} */
function failureOf({ problem }) {
  return problem ?? { status: 500, title: "", detail: "", errors: [] };
}

/**
 * @param {Problem} problem
 * @param {Capture | null} capture
 * @returns {[title: string, way: string]}
 */
function titleOf(problem, capture) {
  if (capture?.state === "failed") return [t("This capture failed"), ""];
  if (problem.status === 404) {
    return [
      t("There is no such capture"),
      t("It may have been deleted, or kept by another server."),
    ];
  }
  return wordsFor(problem, false);
}
