// @ts-check
/** One token as a chip, and the line that it turns into while it is edited. */

import { make } from "../lib/dom.js";
import { t } from "../lib/i18n.js";
import { tokenizerMark, visibleToken } from "../lib/labels.js";

/**
 * @param {string} token
 * @param {boolean} isFocused
 */
export function chip(token, isFocused) {
  const [mark, rest] = tokenizerMark(visibleToken(token) || "∅");
  return make(
    "div",
    { class: "chip", role: "option", tabindex: isFocused ? 0 : -1, draggable: "true", dir: "auto" },
    mark ? make("span", { class: "chip__mark", text: mark }) : null,
    rest,
  );
}

/**
 * Write in the place of a chip. Nothing written removes the token; a token may hold spaces.
 * @param {HTMLElement} chip
 * @param {string} token
 * @param {(written: string[] | null) => void} done null when nothing is to change
 */
export function editChip(chip, token, done) {
  const input = make("input", {
    class: "chip__edit",
    type: "text",
    "aria-label": t("Token"),
    dir: "auto",
  });
  input.value = token;
  let isOver = false;
  /** @param {string[] | null} written */
  const end = (written) => {
    if (isOver) return;
    isOver = true;
    input.replaceWith(chip);
    done(written);
  };
  const written = () => (input.value === token ? null : input.value === "" ? [] : [input.value]);
  input.addEventListener("keydown", (event) => {
    event.stopPropagation();
    if (event.isComposing) return;
    if (event.key === "Enter") end(written());
    if (event.key === "Escape") end(null);
  });
  input.addEventListener("blur", () => end(written()));
  chip.replaceWith(input);
  input.focus();
  input.select();
}
