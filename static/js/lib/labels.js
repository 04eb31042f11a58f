// @ts-check
/** How a token, which is data, becomes text that a person can see: verbatim, and never markup. */

const LONGEST = 64;

const segmenter = new Intl.Segmenter(undefined, { granularity: "grapheme" });

// One emoji of Unicode TR 51: joiners, selectors and tags are part of its picture.
const ELEMENT = String.raw`\p{Emoji}(?:\p{EMod}|\uFE0F\u20E3?|[\u{E0020}-\u{E007E}]+\u{E007F})?`;
const EMOJI = new RegExp(
  String.raw`^(?:\p{RI}\p{RI}|${ELEMENT}(?:\u200D(?=\p{ExtPict})${ELEMENT})*)$`,
  "u",
);

const SPACES = /** @type {Record<string, string>} */ ({ "\n": "⏎", "\t": "⇥" });

// Controls, line separators, lone surrogates, odd spaces, and all that a font draws as nothing.
const UNSEEN =
  /[\p{Cc}\p{Zl}\p{Zp}\p{Cs}\p{Bidi_Control}\p{Default_Ignorable_Code_Point}]|(?! )\p{Zs}/u;
const SELECTOR = /\p{Variation_Selector}/u;

/**
 * Write a token as visible text, for textContent.
 * @param {string} token
 * @param {number} [limit] graphemes to keep; an ellipsis stands for the rest
 */
export function visibleToken(token, limit = LONGEST) {
  const edge = token.length - token.trimEnd().length;
  const inner = token.length - edge;
  let text = "";
  let count = 0;
  for (const { segment, index } of segmenter.segment(token)) {
    if (count === limit) return `${text}…`;
    const isEdge = segment === " " && (index >= inner || !token.slice(0, index).trim());
    text += isEdge ? "·" : visibleGrapheme(segment);
    count += 1;
  }
  return text;
}

/**
 * Write a token as a label of Plotly, which reads tags and entities in its labels.
 * @param {string} token
 * @param {number} [limit]
 */
export function plotLabel(token, limit = LONGEST) {
  return visibleToken(token, limit)
    .replaceAll("&", "&amp;")
    .replaceAll("<", "&lt;")
    .replaceAll(">", "&gt;");
}

/**
 * A label of Plotly as it will be read: the way back from plotLabel.
 * @param {string} label
 */
export function readLabel(label) {
  return label.replaceAll("&gt;", ">").replaceAll("&lt;", "<").replaceAll("&amp;", "&");
}

/**
 * Split visible text into the marks that a tokenizer adds and the rest.
 * @param {string} text
 * @returns {[mark: string, rest: string]}
 */
export function tokenizerMark(text) {
  const mark = /^(##|▁+|Ġ+|·+)(?=.)/u.exec(text)?.[0] ?? "";
  return [mark, text.slice(mark.length)];
}

/** @param {string} grapheme */
function visibleGrapheme(grapheme) {
  if (EMOJI.test(grapheme)) return grapheme;
  let text = "";
  for (const character of grapheme) {
    const isSelector = text !== "" && SELECTOR.test(character);
    text += UNSEEN.test(character) && !isSelector ? nameOf(character) : character;
  }
  return text;
}

/** @param {string} character */
function nameOf(character) {
  const code = character.codePointAt(0) ?? 0;
  return SPACES[character] ?? `U+${code.toString(16).toUpperCase().padStart(4, "0")}`;
}
