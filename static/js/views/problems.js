// @ts-check
/** Shows a problem beside the field at fault. */

import { freshId, make } from "../lib/dom.js";
import { hideBanner, showBanner } from "./banner.js";

/** @import { Store } from "../store.js" */

/**
 * @param {Store} store
 */
export function mountProblems(store) {
  store.watch(["problem"], ({ problem, answer }) => {
    document.querySelectorAll("[data-refused]").forEach(clearProblem);
    if (!problem) return hideBanner();
    const atFields = problem.errors.map(({ loc, message }) => {
      const place = placeOf(loc);
      if (place) showProblem(place, message, { isFromServer: true });
      return place !== null;
    });
    showFirst();
    const isAllAtFields = atFields.length > 0 && atFields.every(Boolean);
    showBanner(problem, { isAllAtFields, hasPicture: answer !== null });
  });
}

/** The sheet covers the page and so the banner: what was refused is brought into its view. */
function showFirst() {
  document
    .querySelector(".sheet--open [data-refused] > .field__problem")
    ?.scrollIntoView({ block: "nearest" });
}

/**
 * @param {Element} place a field
 * @param {string} message
 * @param {{isFromServer?: boolean}} [origin]
 */
export function showProblem(place, message, { isFromServer = false } = {}) {
  clearProblem(place);
  const id = freshId();
  const line = make("p", {
    class: "field__problem",
    id,
    text: message,
    lang: isFromServer ? "en" : null,
  });
  place.append(line);
  place.toggleAttribute("data-refused", isFromServer);
  for (const input of inputsIn(place)) {
    input.setAttribute("aria-invalid", "true");
    input.setAttribute("aria-describedby", id);
  }
  if (place.contains(document.activeElement)) line.scrollIntoView({ block: "nearest" });
}

/** @param {Element} place */
export function clearProblem(place) {
  place.querySelector(":scope > .field__problem")?.remove();
  place.removeAttribute("data-refused");
  for (const input of inputsIn(place)) {
    input.removeAttribute("aria-invalid");
    input.removeAttribute("aria-describedby");
  }
}

/**
 * The field of a path, or the nearest one above it.
 * @param {(string | number)[]} loc
 * @returns {Element | null}
 */
export function placeOf(loc) {
  for (let length = loc.length; length > 0; length -= 1) {
    const path = loc.slice(0, length).join(".");
    const place = document.querySelector(`[data-path="${CSS.escape(path)}"]`);
    if (place?.checkVisibility()) return place;
  }
  return null;
}

/** @param {Element} place */
function inputsIn(place) {
  return [...place.querySelectorAll("input, select, textarea")].filter(
    (input) => input.closest("[data-path]") === place,
  );
}
