// @ts-check
/** The page's words in its language. A message's id is its English text. */

let language = "en";
/** @type {Record<string, string>} */
let messages = {};

/**
 * Speak a language from now on.
 * @param {{language: string, messages: Record<string, string>}} catalogue
 */
export function speak(catalogue) {
  ({ language, messages } = catalogue);
}

/**
 * Translate an English text, and fill in its {names}.
 * @param {string} [message] none for what has no words
 * @param {Record<string, string | number>} [values]
 */
export function t(message = "", values = {}) {
  const text = messages[message] || message;
  return text.replace(/\{(\w+)\}/g, (whole, name) => String(values[name] ?? whole));
}

/** The code of the language that is spoken. */
export function spoken() {
  return language;
}

/**
 * Translate a text whose {names} stand for elements.
 * @param {string} message
 * @param {Record<string, Node | string>} values
 * @returns {(Node | string)[]}
 */
export function tNodes(message, values) {
  return t(message)
    .split(/\{(\w+)\}/)
    .map((piece, index) => (index % 2 ? (values[piece] ?? "") : piece));
}
