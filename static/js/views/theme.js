// @ts-check
/** Light and dark: the system's, until the reader switches. */

import { find } from "../lib/dom.js";

/** Make the switch work, and tell the charts of every change. */
export function mountTheme() {
  const dark = matchMedia("(prefers-color-scheme: dark)");
  const root = document.documentElement;
  const tell = () => document.dispatchEvent(new CustomEvent("themechange"));
  find("theme").addEventListener("click", () => {
    const isDark = root.dataset.theme ? root.dataset.theme === "dark" : dark.matches;
    root.dataset.theme = isDark ? "light" : "dark";
    remember("theme", root.dataset.theme);
    tell();
  });
  dark.addEventListener("change", tell);
  for (const link of document.querySelectorAll("[data-language]")) {
    link.addEventListener("click", (event) => {
      event.preventDefault();
      const { language = "" } = /** @type {HTMLElement} */ (link).dataset;
      remember("language", language);
      const address = new URL(location.href);
      address.searchParams.set("lang", language);
      location.href = address.href;
    });
  }
}

/**
 * @param {string} name
 * @param {string} value
 */
function remember(name, value) {
  try {
    localStorage.setItem(name, value);
  } catch {
    // A browser that keeps nothing still switches.
  }
}
