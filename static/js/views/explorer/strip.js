// @ts-check
/** One sequence as words that wrap, to be chosen by pointer and keys. */

import { directionOf, readingOf } from "../../lib/captures/tokens.js";
import { make } from "../../lib/dom.js";
import { t } from "../../lib/i18n.js";
import { showPlace } from "../../lib/numbers.js";
import { chooseToken } from "./choose.js";
import { markWords } from "./marks.js";
import { walkTokens } from "./walk.js";

/** @import { ExplorerStore, Token } from "../../lib/captures/types.js" */
/** @import { Marks } from "./marks.js" */

/** @typedef {{side: () => "query" | "key", mark: (marks: Marks) => void}} Strip */

/**
 * @param {ExplorerStore} store
 * @param {"query" | "key"} side
 * @param {HTMLElement} place
 */
export function mountStrip(store, side, place) {
  const list = /** @type {HTMLElement} */ (place.querySelector("[role=listbox]"));
  const rest = /** @type {HTMLElement} */ (place.querySelector(".strip__rest"));
  /** @type {Token[]} */
  let tokens = [];
  let from = 0;
  list.addEventListener("click", ({ target }) => {
    const word = /** @type {HTMLElement} */ (target).closest("[data-token]");
    if (word instanceof HTMLElement) chooseToken(store, side, Number(word.dataset.token));
  });
  list.addEventListener("keydown", (event) =>
    walkTokens(event, list, (at) => chooseToken(store, side, at)),
  );
  return {
    side: () => side,
    /**
     * @param {Token[]} all
     * @param {[from: number, to: number]} run
     */
    build(all, run) {
      tokens = all.slice(...run);
      from = run[0];
      list.dir = directionOf(tokens);
      const words = tokens.map((token, index) => wordOf(token, from + index));
      // Patches stand on the image; what else there is, such as [CLS], stands beside it.
      list.replaceChildren(...words.filter((_, index) => tokens[index].kind !== "patch"));
      list.hidden = list.childElementCount === 0;
      list.scrollTop = 0; // other words, other lines: what is chosen is found again
      const isWhole = tokens.length === all.length;
      const places = { from: from + 1, to: from + tokens.length, count: all.length };
      const ends = Object.fromEntries(
        Object.entries(places).map(([name, at]) => [name, showPlace(at)]),
      );
      rest.textContent = isWhole ? "" : t("tokens {from} to {to} of {count}", ends);
    },
    /** @param {Marks} marks */
    mark(marks) {
      markWords(list, { tokens, from }, marks);
    },
  };
}

/**
 * @param {Token} token
 * @param {number} index
 */
function wordOf(token, index) {
  const { mark, text, end } = readingOf(token);
  const kinds = [
    token.kind === "special" && "token--special",
    token.is_generated && "token--generated",
    token.joins && "token--joins",
    token.is_coming && "token--coming",
  ].filter(Boolean);
  return make(
    "span",
    {
      class: ["token", ...kinds].join(" "),
      role: "option",
      tabindex: -1,
      "data-token": index,
      "aria-selected": "false",
    },
    mark ? make("span", { class: "token__mark", text: mark }) : null,
    make("bdi", { text }),
    end ? make("span", { class: "token__part", text: end }) : null,
  );
}
