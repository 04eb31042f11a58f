// @ts-check
/** Tells what went wrong and the way out: over the page, or in its place when nothing is drawn. */

import { find, icon, make } from "../lib/dom.js";
import { spoken, t } from "../lib/i18n.js";
import { showSheetOf } from "./sheet.js";

/** @import { Problem } from "../types.js" */

/**
 * @typedef {object} Sight what the reader sees already
 * @property {boolean} [isAllAtFields] whether every fault is told beside its field
 * @property {boolean} [hasPicture] whether matrices are drawn
 */

/**
 * Tell a problem.
 * @param {Problem} problem
 * @param {Sight} [sight]
 */
export function showBanner(problem, { isAllAtFields = false, hasPicture = false } = {}) {
  hideBanner();
  const lines = bannerLines(problem, isAllAtFields, hasPicture);
  if (hasPicture) {
    const banner = find("banner");
    banner.classList.toggle("banner--told", isAllAtFields);
    banner.replaceChildren(...lines, closeButton());
    banner.hidden = false;
    return;
  }
  find("panels").classList.add("panels--empty");
  find("empty").hidden = false;
  find("empty-hint").hidden = true;
  find("empty-problem").replaceChildren(...lines);
}

/** Take back all that was told. */
export function hideBanner() {
  find("banner").hidden = true;
  find("empty-problem").replaceChildren();
  find("empty-hint").hidden = false;
}

/**
 * @param {Problem} problem
 * @param {boolean} isAllAtFields
 * @param {boolean} hasPicture
 */
function bannerLines(problem, isAllAtFields, hasPicture) {
  const [title, way] = wordsFor(problem, isAllAtFields);
  const stays = hasPicture
    ? t("The matrices still show the last answer.")
    : t("Nothing is drawn until this is mended.");
  const last = make("div", { class: "banner__way" }, make("p", { text: way || stays }));
  if (isAllAtFields) last.append(goToField());
  const told = isSized(problem) && isAllAtFields ? sizeOf(problem) : detailOf(problem);
  return [make("p", { class: "banner__title", text: title }), told, last];
}

function closeButton() {
  const attributes = { class: "button button--quiet button--icon banner__close", type: "button" };
  const button = make("button", { ...attributes, "aria-label": t("Close") }, icon("close"));
  button.addEventListener("click", hideBanner);
  return button;
}

/** A way to the first field at fault, which may stand far up or down, or in the closed sheet. */
function goToField() {
  const text = t("Go to the field");
  const button = make("button", { class: "button button--small", type: "button", text });
  button.addEventListener("click", () => {
    /** @type {HTMLElement | null} */
    const input = document.querySelector("[data-refused] [aria-invalid]");
    /** @type {HTMLElement | null} */
    const place = input ?? document.querySelector("[data-refused]");
    if (!place) return;
    showSheetOf(place);
    input?.focus({ preventScroll: true });
    place.scrollIntoView({ block: "center" });
  });
  return button;
}

/** @param {Problem} problem */
function isSized({ limit, actual, max }) {
  return Boolean(limit && actual && max);
}

/** @param {Problem} problem with its limit */
function sizeOf({ actual = 0, max = 0 }) {
  const [is, most] = [actual, max].map((count) => count.toLocaleString(spoken()));
  return make("p", { text: t("{actual} where at most {max} may be.", { actual: is, max: most }) });
}

/** The server's own words, which are English. @param {Problem} problem */
export function detailOf({ detail }) {
  // The first word of a sentence, where it is no name such as n_heads.
  const sentence = detail.replace(/^[a-z]+(?= )/, (word) => word[0].toUpperCase() + word.slice(1));
  // Counts are grouped; what stands in quotes came from the reader or is a name, and stays.
  const text = sentence.replace(/'[^']*'|"[^"]*"|\b\d{4,}\b/g, (found) =>
    /^\d/.test(found) ? Number(found).toLocaleString("en") : found,
  );
  return make("p", { class: "banner__detail", lang: "en", text });
}

/**
 * @param {Problem} problem
 * @param {boolean} isAllAtFields
 * @returns {[title: string, way: string]} no way where the matrices are all that is to be told
 */
export function wordsFor(problem, isAllAtFields) {
  const { status } = problem;
  if (status === 0)
    return [
      t("The server does not answer"),
      t("Is it running? The page asks again with your next change."),
    ];
  if (isSized(problem)) return [t("Too large for one picture"), ""];
  if (status === 429 || status === 503)
    return [t("The server is busy"), t("Try again in a moment.")];
  if (status >= 500) return [t("The server failed"), ""];
  return [isAllAtFields ? t("A field needs another value") : t("This cannot be computed"), ""];
}
