// @ts-check
/** Files: the numbers as JSON and CSV, the picture as PNG. */

import { fetchJson } from "../api.js";
import { ProblemError } from "../ask.js";
import { matrixFigure } from "../figures/matrix.js";
import { cellsCsv, outputsCsv } from "../lib/csv.js";
import { find } from "../lib/dom.js";
import { t } from "../lib/i18n.js";
import { choiceOf } from "../lib/parts.js";
import { readTheme } from "../lib/theme.js";
import { picture } from "../plotly.js";
import { composePng } from "./png.js";
import { currentPictures, PANELS } from "./panels.js";

/** @import { Store } from "../store.js" */
/** @import { Catalogue, State } from "../types.js" */

const SCALE = 3;

/**
 * @param {Store} store
 * @param {Catalogue} catalogue
 */
export function mountDownloads(store, catalogue) {
  /** @type {Record<string, (state: State) => Promise<[name: string, content: Blob]>>} */
  const makers = {
    json: async ({ request }) => [
      "attention.json",
      blob(await fetchJson(request), "application/json"),
    ],
    csv: async ({ answer }) => ["attention.csv", blob(answer ? cellsCsv(answer) : "", "text/csv")],
    outputs: async ({ answer }) => [
      "attention-outputs.csv",
      blob(answer ? outputsCsv(answer) : "", "text/csv"),
    ],
    png: async (state) => ["attention.png", await png(state, catalogue)],
  };
  /** @type {HTMLButtonElement} */
  const opener = find("download-open");
  store.watch(["answer"], ({ answer }) => (opener.disabled = !answer));
  find("downloads").addEventListener("click", async (event) => {
    const target = /** @type {HTMLElement} */ (event.target);
    const { download } = /** @type {HTMLElement} */ (target.closest("button"))?.dataset ?? {};
    const state = store.get();
    if (!download || !state.answer) return;
    try {
      save(...(await makers[download](state)));
    } catch (error) {
      if (!(error instanceof ProblemError)) throw error;
      store.set({ problem: error.problem });
    }
  });
}

/**
 * The three panels side by side, on paper.
 * @param {State} state with an answer
 * @param {Catalogue} catalogue
 */
async function png(state, catalogue) {
  const theme = readTheme();
  const pictures = currentPictures(state, 360);
  const images = await Promise.all(
    PANELS.map((name) => picture(matrixFigure(pictures[name]), SCALE)),
  );
  const { spec } = /** @type {import("../types.js").Answer} */ (state.answer);
  /** @param {string} part */
  const formula = (part) => choiceOf(catalogue.parts[part], spec[part].kind)?.formula ?? "";
  const titles = [
    [t("Scores"), formula("score")],
    [t("Weights"), formula("normalizer")],
    [t("Outputs"), "Σ w·v"],
  ];
  const panels = images.map((url, index) => ({
    url,
    title: titles[index][0],
    says: titles[index][1],
  }));
  return composePng(panels, { scale: SCALE, theme });
}

/**
 * @param {string} text
 * @param {string} type
 */
function blob(text, type) {
  return new Blob([text], { type: `${type};charset=utf-8` });
}

/**
 * @param {string} name
 * @param {Blob} content
 */
function save(name, content) {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(content);
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
}
