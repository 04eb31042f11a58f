// @ts-check
/** Starts the page: fetches what it needs, and mounts the views on one store. */

import { fetchComparisons, fetchExamples, fetchMechanisms, fetchMessages } from "./api.js";
import { ProblemError } from "./ask.js";
import { keepCompared } from "./compare.js";
import { keepComputed, keepExplained } from "./compute.js";
import { speak } from "./lib/i18n.js";
import { createStore, initialState } from "./store.js";
import { showBanner } from "./views/banner.js";
import { mountCompare } from "./views/compare/compare.js";
import { mountCopy } from "./views/copy.js";
import { mountDownloads } from "./views/download.js";
import { mountExamples } from "./views/examples.js";
import { mountFormulas } from "./views/formulas.js";
import { mountHeads } from "./views/heads.js";
import { mountHistory } from "./views/history.js";
import { mountKeyboard } from "./views/keyboard.js";
import { mountMechanism } from "./views/mechanism.js";
import { mountMembers } from "./views/members.js";
import { mountMenus } from "./views/menu.js";
import { mountModels } from "./views/models/dialog.js";
import { mountPanels } from "./views/panels.js";
import { mountProblems } from "./views/problems.js";
import { mountSheet } from "./views/sheet.js";
import { mountStatus } from "./views/status.js";
import { mountTensors } from "./views/tensors/dialog.js";
import { mountTheme } from "./views/theme.js";
import { mountTokens } from "./views/tokens.js";
import { mountTooltip } from "./views/tooltip.js";
import { mountWhy } from "./views/why.js";

mountTheme();
mountMenus();
mountSheet();
try {
  const [messages, examples, comparisons, catalogue] = await Promise.all([
    fetchMessages(),
    fetchExamples(),
    fetchComparisons(),
    fetchMechanisms(),
  ]);
  speak(messages);
  const store = createStore(initialState());
  mountCompare(store, catalogue, comparisons);
  mountAll(store, catalogue, examples);
} catch (error) {
  if (!(error instanceof ProblemError)) throw error;
  showBanner(error.problem);
}

/**
 * @param {import("./store.js").Store} store
 * @param {import("./types.js").Catalogue} catalogue
 * @param {import("./views/examples.js").Example[]} examples
 */
function mountAll(store, catalogue, examples) {
  keepComputed(store);
  keepCompared(store);
  keepExplained(store);
  mountTokens(store);
  mountMechanism(store, catalogue);
  mountProblems(store);
  mountHeads(store);
  mountMembers(store);
  mountFormulas(store, catalogue);
  mountPanels(store);
  mountTooltip(store);
  mountWhy(store, catalogue);
  mountStatus(store);
  mountExamples(store, examples);
  mountCopy(store);
  mountDownloads(store, catalogue);
  mountModels(store);
  mountTensors();
  mountKeyboard(store);
  mountHistory(store, examples[0]);
}
