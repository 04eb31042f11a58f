// @ts-check
/** The facts of the head: how it computes, what the chosen token looks at, and the chosen cell. */

import { chosenOf, hasScores } from "../../explore.js";
import { spreadOf } from "../../lib/captures/lines.js";
import { find, make } from "../../lib/dom.js";
import { t, tNodes } from "../../lib/i18n.js";
import { show, showBounded, showPlace } from "../../lib/numbers.js";
import { mechanismWords } from "./mechanism.js";
import { sidesOf, topLines, word } from "./top.js";

/** @import { ExplorerState, ExplorerStore } from "../../lib/captures/types.js" */
/** @import { Catalogue } from "../../types.js" */

/**
 * @param {ExplorerStore} store
 * @param {Catalogue} catalogue
 */
export function mountFacts(store, catalogue) {
  store.watch(["capture", "kind", "layer"], ({ capture, kind, layer }) => {
    const spec = capture?.specs[kind]?.[layer];
    find("mechanism").textContent = spec ? mechanismWords(spec, catalogue).join(" · ") : "";
  });
  store.watch(["heat", "capture", "kind"], (state) => {
    const { capture, kind, heat } = state;
    const chosen = chosenOf(state);
    if (!capture?.tokens[kind] || !heat || chosen === null) return;
    find("line-title").replaceChildren(...lineTitle(state, chosen));
    find("line-top").replaceChildren(...topLines(state));
    find("line-facts").replaceChildren(...lineFacts(state, chosen));
  });
  store.watch(["heat", "key", "query"], ({ key, query, direction }) => {
    const other = direction === "from" ? key : query;
    for (const button of find("line-top").querySelectorAll("button")) {
      const isPinned = key !== null && Number(button.dataset.at) === other;
      button.setAttribute("aria-pressed", String(isPinned));
    }
  });
  store.watch(["explained", "capture", "layer"], (state) => {
    find("facts-hint").hidden = state.explained !== null || !hasScores(state);
  });
  find("line-top").addEventListener("click", ({ target }) => {
    const line = /** @type {HTMLElement} */ (target).closest("[data-at]");
    if (!(line instanceof HTMLElement)) return;
    const at = Number(line.dataset.at);
    store.set(store.get().direction === "from" ? { key: at } : { query: at });
  });
}

/** @param {ExplorerState} state @param {number} chosen */
function lineTitle(state, chosen) {
  const token = word(sidesOf(state).other[chosen]);
  return state.direction === "from"
    ? tNodes("{token} looks at", { token })
    : tNodes("{token} is looked at by", { token });
}

/**
 * @param {ExplorerState} state
 * @param {number} chosen
 */
function lineFacts(state, chosen) {
  const { heated } = sidesOf(state);
  const { weights, start } = /** @type {NonNullable<typeof state.heat>} */ (state.heat);
  const isWhole = weights.length === heated.length;
  const { sum, entropy } = spreadOf(weights);
  /** @type {string[][]} */
  const lines = [];
  if (!isWhole) {
    const [from, to] = [start + 1, start + weights.length].map(showPlace);
    lines.push([t("among the tokens"), `${from}–${to}`]);
  }
  if (isWhole && state.direction === "from") {
    if (entropy !== null && Math.abs(sum - 1) < 1e-3) {
      const most = Math.log2(weights.filter((weight) => !Number.isNaN(weight)).length);
      lines.push([
        t("entropy"),
        t("{bits} / {most} bits", { bits: showBounded(entropy, 2), most: show(most) }),
      ]);
    }
    lines.push([t("row sum"), show(sum, 3)]);
  }
  const special = Array.from(weights).reduce(
    (whole, weight, index) => whole + (heated[start + index].kind === "special" ? weight || 0 : 0),
    0,
  );
  if (heated.some(({ kind }) => kind === "special")) {
    lines.push([t("on special tokens"), showBounded(special, 3)]);
  }
  if (state.key !== null) lines.push(...cellFacts(state, chosen));
  return lines.flatMap(([name, value]) => [
    make("dt", { text: name }),
    make("dd", { text: value }),
  ]);
}

/**
 * @param {ExplorerState} state
 * @param {number} chosen
 */
function cellFacts({ direction, query, key, heat }, chosen) {
  const other = direction === "from" ? Number(key) : query;
  const weight = heat?.weights[other - heat.start];
  if (weight === undefined || chosen === null) return [];
  return [[t("weight of the cell"), Number.isNaN(weight) ? t("forbidden") : show(weight, 4)]];
}
