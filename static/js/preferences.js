// @ts-check
/* Runs before the first paint: what the reader chose last time, so that nothing flashes. */

(() => {
  const root = document.documentElement;
  /** @param {string} name */
  const remembered = (name) => {
    try {
      return localStorage.getItem(name);
    } catch {
      return null; // a browser may refuse to keep anything
    }
  };
  const theme = remembered("theme");
  if (theme) root.dataset.theme = theme;
  const address = new URL(location.href);
  const language = remembered("language");
  if (language && language !== root.lang && !address.searchParams.has("lang")) {
    address.searchParams.set("lang", language);
    location.replace(address);
  }
})();
