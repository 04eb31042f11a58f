// @ts-check
/** The three matrices: drawn together, so that their rows stand side by side. */

import { picturesOf } from "../figures/pictures.js";
import { find } from "../lib/dom.js";
import { t } from "../lib/i18n.js";
import { ruler } from "../lib/measure.js";
import { readTheme } from "../lib/theme.js";
import { mountPanel } from "./panel.js";

/** @import { Store } from "../store.js" */
/** @import { PanelName, State } from "../types.js" */
/** @import { Picture } from "../figures/matrix.js" */

/** @type {PanelName[]} */
export const PANELS = ["scores", "weights", "outputs"];

/**
 * @param {Store} store
 */
export function mountPanels(store) {
  const place = find("panels");
  const panels = PANELS.map((name) => mountPanel(store, name));
  let frame = 0;
  const redraw = () => {
    cancelAnimationFrame(frame);
    frame = requestAnimationFrame(() => {
      const state = store.get();
      // Once empty, the place stays so until there is an answer: old matrices never come back.
      const isEmpty = !state.answer && (!state.isBusy || !find("empty").hidden);
      place.classList.toggle("panels--empty", isEmpty);
      find("empty").hidden = !isEmpty;
      if (!state.answer || !place.checkVisibility()) return;
      const pictures = currentPictures(state, panels[0].width());
      PANELS.forEach((name, index) => panels[index].show(pictures[name]));
    });
  };
  store.watch(["answer", "head", "member", "zoom"], redraw);
  store.watch(["answer", "isBusy", "problem"], ({ answer, problem }) => {
    place.classList.toggle("panels--stale", Boolean(answer && problem));
    redraw();
  });
  new ResizeObserver(redraw).observe(place);
  document.addEventListener("themechange", redraw);
}

/**
 * What the panels show now.
 * @param {State} state with an answer
 * @param {number} width of a panel
 * @returns {Record<PanelName, Picture>}
 */
export function currentPictures(state, width) {
  const answer = /** @type {import("../types.js").Answer} */ (state.answer);
  const theme = readTheme();
  return picturesOf({
    answer,
    heads: shownHeads(state),
    member: state.member,
    zoom: state.zoom,
    width,
    tallest: Math.max(320, Math.min(640, window.innerHeight - 300)),
    theme,
    isSigned: answer.flags.signed,
    measure: ruler(`12.5px ${theme.font}`),
    nameHead: (head) => t("head {head}", { head: head + 1 }),
    axes: { queries: t("queries ↓"), keys: t("keys →"), features: t("features →") },
  });
}

/**
 * The heads that a state shows.
 * @param {State} state
 */
export function shownHeads({ answer, head }) {
  const count = answer?.weights.shape[0] ?? 1;
  if (head === "all") return Array.from({ length: count }, (_, index) => index);
  return [Math.min(head, count - 1)];
}
