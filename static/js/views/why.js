// @ts-check
/** The arithmetic behind the pinned cell, step by step, with its numbers. */

import { find, icon, make } from "../lib/dom.js";
import { t, tNodes } from "../lib/i18n.js";
import { show } from "../lib/numbers.js";
import { saysOf } from "./says.js";
import { tellMember } from "./taken.js";
import { word } from "./tooltip.js";
import { whySteps } from "./explanation.js";

/** @import { Store } from "../store.js" */
/** @import { Answer, Catalogue, Explained } from "../types.js" */
/** @import { Step } from "./explanation.js" */

/**
 * @param {Store} store
 * @param {Catalogue} catalogue
 */
export function mountWhy(store, catalogue) {
  const place = find("why");
  store.watch(["explained"], ({ explained, answer, member }) => {
    place.hidden = !explained || !answer;
    if (!explained || !answer) return;
    const close = () => store.set({ cell: null });
    place.replaceChildren(...content(explained, answer, catalogue, close));
    tellMember(place, answer, member);
    showChosen(place);
  });
  store.watch(["member"], ({ answer, member }) => answer && tellMember(place, answer, member));
  store.watch(["panel", "cell"], ({ panel }) => stand(place, panel));
  addEventListener("resize", () => stand(place, store.get().panel));
}

/**
 * Scroll the table, and nothing but the table, to the chosen key.
 * @param {HTMLElement} place
 */
export function showChosen(place) {
  const chosen = /** @type {HTMLElement | null} */ (place.querySelector("[data-chosen]"));
  const scroller = chosen?.closest(".scroller");
  if (chosen && scroller) scroller.scrollTop = chosen.offsetTop - scroller.clientHeight / 2;
}

/**
 * Below all three matrices; on a narrow screen below the one that was tapped, once one was.
 * @param {HTMLElement} place
 * @param {string} panel
 */
function stand(place, panel) {
  const isNarrow = matchMedia("(width < 1100px)").matches;
  const before = isNarrow ? find(panel).closest(".panel") : find("empty").previousElementSibling;
  if (before && before !== place && before.nextElementSibling !== place) before.after(place);
}

/**
 * @param {Explained} cell
 * @param {Answer} answer
 * @param {Catalogue} catalogue
 * @param {() => void} close
 */
function content(cell, answer, catalogue, close) {
  const names = { query: answer.tokens.query[cell.query], key: answer.tokens.key[cell.key] };
  const pair = make("span", { class: "why__pair" }, word(names.query), " → ", word(names.key));
  const weight = make("strong", { class: "why__weight", text: show(cell.weight, 3) });
  const question = cell.allowed
    ? tNodes("Why is {pair} {weight}?", { pair, weight })
    : tNodes("Why is {pair} forbidden?", { pair });
  const closer = make(
    "button",
    {
      class: "button button--quiet button--icon",
      type: "button",
      "aria-label": t("Let go of the cell"),
    },
    icon("close"),
  );
  closer.addEventListener("click", close);
  const head = make("span", {
    class: "why__head-name",
    text: t("head {head}", { head: cell.head + 1 }),
  });
  const says = saysOf(cell, answer, catalogue);
  return [
    make(
      "header",
      { class: "why__top" },
      make("h2", { class: "why__title", id: "why-title" }, ...question),
      head,
      closer,
    ),
    ...(cell.allowed ? [] : [make("p", { class: "why__mask", text: says.mask })]),
    ...whySteps(cell, answer, catalogue).map(step),
  ];
}

/**
 * @param {Step} content
 * @param {number} index
 */
export function step({ title, says = "", name, body }, index) {
  const heading = make(
    "h3",
    { class: "why__step-title" },
    make("span", { class: "why__number", text: index + 1 }),
    title,
    make("span", { class: "why__says", text: says }),
  );
  return make("section", { class: `why__step why__step--${name}` }, heading, ...body);
}
