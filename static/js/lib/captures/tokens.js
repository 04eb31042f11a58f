// @ts-check
/** How a captured token is read: its text, its tokenizer's mark, its place. Pure. */

import { tokenizerMark, visibleToken } from "../labels.js";

/** @import { Token } from "./types.js" */

const RTL = /[\p{Script=Arabic}\p{Script=Hebrew}\p{Script=Syriac}\p{Script=Thaana}\p{Script=Nko}]/u;
const LETTER = /\p{L}/u;

/**
 * The token in three pieces: a light mark, the text, and a light end.
 * @param {Token} token
 * @returns {{mark: string, text: string, end: string}}
 */
export function readingOf({ text, piece, kind, part, place }) {
  if (kind === "patch" && place) {
    return { mark: "", text: place.map((at) => at + 1).join(","), end: "" };
  }
  const [found] = kind === "special" ? [""] : tokenizerMark(piece);
  const mark = found.replaceAll("Ġ", "▁");
  const end = part ? ` ${part[0] + 1}/${part[1]}` : "";
  return { mark, text: visibleToken(text) || "∅", end };
}

/**
 * One line for the axes and for those who listen.
 * @param {Token} token
 */
export function labelOf(token) {
  const { mark, text, end } = readingOf(token);
  return `${mark === "##" ? mark : ""}${text}${end}`;
}

/**
 * The direction in which a sequence is read: that of its first letter; names of special tokens are
 * English in any language.
 * @param {Token[]} tokens
 * @returns {"ltr" | "rtl"}
 */
export function directionOf(tokens) {
  for (const { kind, text } of tokens) {
    if (kind === "text" && LETTER.test(text)) return RTL.test(text) ? "rtl" : "ltr";
  }
  return "ltr";
}

/**
 * Rows and columns of the patches; null where there are none.
 * @param {Token[]} tokens
 */
export function patchGrid(tokens) {
  const places = tokens.flatMap(({ kind, place }) => (kind === "patch" && place ? [place] : []));
  if (places.length === 0) return null;
  /** @param {number} axis */
  const count = (axis) => Math.max(...places.map((place) => place[axis])) + 1;
  return { rows: count(0), columns: count(1) };
}

/**
 * The run of tokens that is shown of a sequence too long to be shown whole.
 * @param {number} count
 * @param {number} around
 * @param {number} most
 * @returns {[from: number, to: number]}
 */
export function runAround(count, around, most) {
  if (count <= most) return [0, count];
  const half = most / 2;
  const from = Math.min(Math.max(Math.floor(around / half - 0.5), 0) * half, count - most);
  return [from, from + most];
}

/**
 * Whether two sequences are one: what asks is what is asked.
 * @param {import("./types.js").Sides} sides
 */
export function isOneSequence(sides) {
  const known = same.get(sides) ?? compared(sides);
  same.set(sides, known);
  return known;
}

/** @type {WeakMap<object, boolean>} Asked for with every choice. */
const same = new WeakMap();

/** @param {import("./types.js").Sides} sides */
function compared({ query, key }) {
  return (
    query.length === key.length &&
    query.every((token, index) => {
      const other = key[index];
      // Of what is not there yet, nothing tells them apart.
      if (token === other || token.is_coming || other.is_coming) return true;
      const { piece, text, place } = token;
      return piece === other.piece && text === other.text && String(place) === String(other.place);
    })
  );
}
