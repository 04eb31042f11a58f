// @ts-check
/** Below a large head: that its picture is a sample, and the way to the whole of it. */

import { isUnderWay } from "../../lib/captures/overviews.js";
import { find, make } from "../../lib/dom.js";
import { t } from "../../lib/i18n.js";
import { isSame } from "../../lib/paths.js";
import { mayStart, progressWords, spokenWords, startWords, surveyWords } from "./surveywords.js";

/** @import { ExplorerState, ExplorerStore, Overview } from "../../lib/captures/types.js" */
/** @import { Survey } from "../../survey.js" */

/** What ends before needs no numbers. */
const PATIENCE_MS = 1000;

/**
 * @param {ExplorerStore} store
 * @param {Survey} survey
 */
export function mountOverview(store, survey) {
  const place = find("overview");
  const says = make("p", { class: "overview__says" });
  const start = make("button", { class: "button button--small", type: "button" });
  const { told, count } = progress(survey.stop);
  place.append(says, told, start);
  start.addEventListener("click", () => {
    survey.start();
    find("map").focus(); // The button is gone, and what it changes is the picture.
  });
  const redraw = () => {
    const overview = shownOf(store.get());
    const isShown = overview !== null;
    if (!isShown && place.contains(document.activeElement)) find("map").focus();
    place.hidden = !isShown;
    if (!isShown) return count(null);
    says.replaceChildren(...surveyWords(overview));
    start.hidden = !mayStart(overview);
    start.textContent = startWords(overview);
    count(isUnderWay(overview) ? overview : null);
  };
  store.watch(["overview", "kind", "layer", "head"], redraw);
  let before = "";
  store.watch(["overview"], ({ overview }) => {
    const now = overview ? spokenWords(overview) : "";
    if (now && now !== before) find("status").textContent = now;
    before = now;
  });
}

/**
 * How far it is, told once it takes long, and the way to stop it.
 * @param {() => void} stop
 */
function progress(stop) {
  const bar = make("progress", { class: "overview__bar", "aria-label": t("The whole picture") });
  const numbers = make("span", { class: "overview__numbers" });
  const button = make("button", { class: "button button--small", type: "button", text: t("Stop") });
  const told = make("div", { class: "overview__told", hidden: true }, bar, numbers, button);
  let timer = 0;
  button.addEventListener("click", () => {
    stop();
    /** @type {HTMLElement | null} */ (told.nextElementSibling)?.focus();
  });
  /** @param {Overview | null} overview null while none is computed */
  const count = (overview) => {
    if (!overview) {
      clearTimeout(timer);
      timer = 0;
      told.hidden = true;
      return;
    }
    timer ||= window.setTimeout(() => (told.hidden = false), PATIENCE_MS);
    const { state, done, total } = overview;
    if (state === "running" && total > 0) Object.assign(bar, { max: total, value: done });
    else bar.removeAttribute("value");
    numbers.textContent = progressWords(overview);
  };
  return { told, count };
}

/**
 * What is to be told of the chosen head: nothing once its whole picture is there.
 * @param {ExplorerState} state
 */
function shownOf({ overview, kind, layer, head }) {
  if (!overview?.needed || overview.state === "ready") return null;
  return isSame(overview.of, { kind, layer, head }) ? overview : null;
}
