// @ts-check
/** The arithmetic behind the chosen cell, with the workbench's own steps. */

import { layerNumber } from "../../lib/captures/layers.js";
import { find, icon, make } from "../../lib/dom.js";
import { t, tNodes } from "../../lib/i18n.js";
import { labelOf } from "../../lib/captures/tokens.js";
import { show } from "../../lib/numbers.js";
import { whySteps } from "../explanation.js";
import { maskTitles } from "../masks.js";
import { saysOf } from "../says.js";
import { showChosen, step } from "../why.js";

/** @import { Capture, ExplorerStore } from "../../lib/captures/types.js" */
/** @import { Answer, Catalogue, Explained } from "../../types.js" */

/**
 * @param {ExplorerStore} store
 * @param {Catalogue} catalogue
 */
export function mountArithmetic(store, catalogue) {
  const place = find("why");
  /** What was told, and the words of it, which may come later. @type {unknown[]} */
  let told = [];
  store.watch(["explained", "capture"], ({ explained, capture, kind, layer }) => {
    place.hidden = !explained;
    if (!explained || !capture) return;
    const { query, key } = capture.tokens[kind];
    const now = [explained, query[explained.query], key[explained.key]];
    if (now.every((each, index) => each === told[index])) return;
    told = now;
    const answer = answerOf(capture, kind, layer);
    const close = () => store.set({ key: null, direction: "from" });
    const names = { layer: layerNumber(capture, layer), head: explained.head + 1 };
    const name = t("layer {layer}, head {head}", names);
    place.replaceChildren(...content(explained, { answer, place: name }, catalogue, close));
    showChosen(place);
  });
}

/**
 * What the steps read of an answer of the workbench; heads of captures are never made of several.
 * @param {Capture} capture
 * @param {string} kind
 * @param {number} layer
 * @returns {Answer}
 */
function answerOf({ tokens, specs }, kind, layer) {
  const { query, key } = tokens[kind];
  const one = { shape: [1, 0, 0], data: new Float32Array() };
  const words = { query: query.map(labelOf), key: key.map(labelOf) };
  return /** @type {any} */ ({
    tokens: words,
    spec: specs[kind][layer],
    scores: one,
    weights: one,
  });
}

/**
 * @param {Explained} cell
 * @param {{answer: Answer, place: string}} shown
 * @param {Catalogue} catalogue
 * @param {() => void} close
 */
function content(cell, { answer, place }, catalogue, close) {
  const query = make("bdi", { text: answer.tokens.query[cell.query] });
  const key = make("bdi", { text: answer.tokens.key[cell.key] });
  const pair = make("span", { class: "why__pair" }, query, " → ", key);
  const weight = make("strong", { class: "why__weight", text: show(cell.weight, 3) });
  const question = cell.allowed
    ? tNodes("Why is {pair} {weight}?", { pair, weight })
    : tNodes("Why is {pair} forbidden?", { pair });
  const label = { "aria-label": t("Let go of the cell") };
  const closer = make("button", {
    class: "button button--quiet button--icon",
    type: "button",
    ...label,
  });
  closer.append(icon("close"));
  closer.addEventListener("click", close);
  const title = make("h2", { class: "why__title", id: "why-title" }, ...question);
  const head = make("span", { class: "why__head-name", text: place });
  const isTold = !cell.allowed && maskTitles(answer.spec, catalogue).length > 0;
  const mask = isTold
    ? [make("p", { class: "why__mask", text: saysOf(cell, answer, catalogue).mask })]
    : [];
  return [
    make("header", { class: "why__top" }, title, head, closer),
    ...mask,
    ...whySteps(cell, answer, catalogue).map(step),
  ];
}
