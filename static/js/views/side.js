// @ts-check
/** One sequence: the text that is typed, and the chips that it splits into. */

import { freshId, make } from "../lib/dom.js";
import { t } from "../lib/i18n.js";
import { fieldOf, hasContext, modeOf, withTokens } from "../lib/request.js";
import { splitAtSpaces } from "../lib/words.js";
import { mountChips } from "./chips.js";
import { shownTokens } from "./tokens.js";

/** @import { Store } from "../store.js" */
/** @import { Side } from "../lib/request.js" */

/**
 * @param {Store} store
 * @param {Side} side
 * @param {{place: HTMLElement, title: string}} look
 */
export function mountSide(store, side, { place, title }) {
  const id = freshId();
  const text = make("textarea", {
    class: "side__input",
    id,
    rows: 2,
    spellcheck: "false",
    autocomplete: "off",
    dir: "auto",
    "aria-label": title,
    placeholder: t("Type a sentence"),
    "data-side": side,
  });
  const add = make("input", {
    class: "chips__add",
    type: "text",
    spellcheck: "false",
    autocomplete: "off",
    dir: "auto",
    "aria-label": t("Add tokens: {what}", { what: title }),
    placeholder: t("add tokens"),
  });
  const name = make("span", { text: title });
  const count = make("span", {});
  const chips = make("div", { class: "chips", role: "listbox", "aria-label": title });
  chips.setAttribute("aria-orientation", "horizontal");
  const head = make("div", { class: "side__head" }, name, count);
  const field = make("div", { class: "side" }, text, head, chips, add);
  place.append(field);

  /** @param {string[]} tokens */
  const change = (tokens) => {
    const state = store.get();
    store.set({ request: withTokens(state.request, side, tokens, shownTokens(state)) });
  };
  const tokensNow = () => shownTokens(store.get())[side];
  const show = mountChips(store, side, chips, change);

  text.addEventListener("input", () => {
    const { request } = store.get();
    store.set({ request: { ...request, [fieldOf(request, side)]: text.value } });
  });
  const takeIn = () => {
    const added = splitAtSpaces(add.value);
    add.value = "";
    if (added.length > 0) change([...tokensNow(), ...added]);
  };
  add.addEventListener("input", () => {
    if (/\s/u.test(add.value)) takeIn();
  });
  add.addEventListener("blur", takeIn);
  add.addEventListener("keydown", (event) => {
    if (event.isComposing) return;
    if (event.key === "Enter") takeIn();
    if (event.key === "Backspace" && add.value === "") change(tokensNow().slice(0, -1));
  });

  store.watch(["request", "answer"], (state) => {
    const { request } = state;
    const mode = modeOf(request);
    if (mode === "numbers" || (side === "key" && !hasContext(request))) return;
    const written = fieldOf(request, side);
    field.dataset.path = written;
    text.hidden = mode !== "text";
    add.hidden = mode !== "tokens";
    if (mode === "text" && document.activeElement !== text) text.value = String(request[written]);
    const tokens = shownTokens(state)[side];
    name.textContent = side === "query" && !hasContext(request) ? t("Queries and keys") : title;
    count.textContent =
      tokens.length === 1 ? t("one token") : t("{count} tokens", { count: tokens.length });
    show(tokens);
  });
}
