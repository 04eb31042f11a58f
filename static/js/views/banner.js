// @ts-check
/** Tells over the page what went wrong, and the way out. */

import { find, make } from "../lib/dom.js";
import { t } from "../lib/i18n.js";

/** @import { Problem } from "../types.js" */

/**
 * Tell a problem over the page.
 * @param {Problem} problem
 * @param {boolean} [isAllAtFields] whether every fault is told beside its field already
 */
export function showBanner(problem, isAllAtFields = false) {
  const banner = find("banner");
  banner.hidden = false;
  banner.replaceChildren(...bannerLines(problem, isAllAtFields));
}

/**
 * @param {Problem} problem
 * @param {boolean} isAllAtFields
 */
function bannerLines(problem, isAllAtFields) {
  const [title, way] = wordsFor(problem, isAllAtFields);
  const detail = make("p", { class: "banner__detail", lang: "en", text: problem.detail });
  const last = make("p", { class: "banner__way", text: way });
  if (isAllAtFields) last.append(goToField());
  return [make("p", { class: "banner__title", text: title }), detail, last];
}

/** A way to the first field at fault, which may stand far up or down. */
function goToField() {
  const text = t("Go to the field");
  const button = make("button", { class: "button button--small", type: "button", text });
  button.addEventListener("click", () => {
    /** @type {HTMLElement | null} */
    const input = document.querySelector("[data-refused] [aria-invalid]");
    input?.focus();
  });
  return button;
}

/**
 * @param {Problem} problem
 * @param {boolean} isAllAtFields
 * @returns {[title: string, way: string]}
 */
function wordsFor({ status, limit, actual, max }, isAllAtFields) {
  const stays = t("The matrices still show the last answer.");
  if (status === 0)
    return [
      t("The server does not answer"),
      t("Is it running? The page asks again with your next change."),
    ];
  if (limit && actual && max) {
    const size = t("{actual} where at most {max} may be.", { actual, max });
    return [t("Too large for one picture"), `${size} ${stays}`];
  }
  if (status === 429 || status === 503)
    return [t("The server is busy"), t("Try again in a moment.")];
  if (status >= 500) return [t("The server failed"), stays];
  return [isAllAtFields ? t("A field needs another value") : t("This cannot be computed"), stays];
}
