// @ts-check
/** Numbers as people paste them, and as the page writes them. */

const NUMBER = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?$/i;
const MINUS = "\u2212";

/**
 * Read rows of numbers: one row a line (or between semicolons), numbers apart by space or comma;
 * brackets are taken for what they are in Python, NumPy and JSON.
 * @param {string} text
 * @returns {{rows: number[][]} | {wrong: string}} the first word that is no number
 */
export function readRows(text) {
  const rows = wordsOf(text);
  const wrong = rows.flat().find((word) => !isNumber(word));
  return wrong === undefined ? { rows: rows.map((words) => words.map(Number)) } : { wrong };
}

/**
 * Read rows of yes and no: 1 and 0, true and false, also without spaces between digits.
 * @param {string} text
 * @returns {{rows: boolean[][]} | {wrong: string}}
 */
export function readFlags(text) {
  const rows = wordsOf(text).map((words) =>
    words.flatMap((word) => (/^[01]+$/.test(word) ? [...word] : [word])),
  );
  const wrong = rows.flat().find((word) => !/^([01]|true|false)$/i.test(word));
  if (wrong !== undefined) return { wrong };
  return { rows: rows.map((words) => words.map((word) => /^(1|true)$/i.test(word))) };
}

/**
 * Write rows as they are read; a matrix for each head stands one below another.
 * @param {readonly any[]} rows
 * @returns {string}
 */
export function writeRows(rows) {
  if (Array.isArray(rows[0]?.[0])) return rows.map(writeRows).join("\n\n");
  if (!Array.isArray(rows[0])) return rows.map(Number).join(" ");
  return rows.map((row) => row.map(Number).join(" ")).join("\n");
}

/**
 * A number for the eye: a fixed count of decimals, and a true minus.
 * @param {number | null | undefined} value
 * @param {number} [decimals]
 */
export function show(value, decimals = 2) {
  if (value === null || value === undefined || Number.isNaN(value)) return "–";
  if (!Number.isFinite(value)) return value > 0 ? "∞" : `${MINUS}∞`;
  const size = Math.abs(value);
  const isTiny = size !== 0 && size < 0.5 * 10 ** -decimals;
  if (isTiny || size >= 1e5) return value.toExponential(1).replaceAll("-", MINUS);
  return value
    .toFixed(decimals)
    .replace(/^-(?=0(\.0*)?$)/, "")
    .replace("-", MINUS);
}

/**
 * A number for a small cell: two decimals, whatever is lost.
 * @param {number} value
 */
export function showBrief(value) {
  return value
    .toFixed(2)
    .replace(/^-(?=0\.00$)/, "")
    .replace("-", MINUS);
}

/**
 * A number for a column of equal decimals, whatever is lost; huge ones alone take an exponent.
 * @param {number} value
 * @param {number} decimals
 */
export function showFixed(value, decimals) {
  return Math.abs(value) < 0.5 * 10 ** -decimals ? show(0, decimals) : show(value, decimals);
}

/**
 * A number for a column of equal decimals, where what is not quite zero says so.
 * @param {number} value
 * @param {number} decimals
 */
export function showBounded(value, decimals) {
  const least = 10 ** -decimals;
  if (value === 0 || Math.abs(value) >= least / 2) return show(value, decimals);
  return value > 0 ? `< ${show(least, decimals)}` : `> ${show(-least, decimals)}`;
}

/**
 * A place or a count: thousands apart, as English and Chinese write them.
 * @param {number} place
 */
export function showPlace(place) {
  return place.toLocaleString("en");
}

/**
 * A number for the ends of a colour bar: as short as three digits allow.
 * @param {number} value
 */
export function showShort(value) {
  if (Number.isInteger(value) && Math.abs(value) < 1e5) return String(value).replace("-", MINUS);
  const text = String(Number(value.toPrecision(2)));
  return text.replaceAll("-", MINUS);
}

/**
 * @param {string} text
 * @returns {string[][]}
 */
function wordsOf(text) {
  return text
    .replaceAll(MINUS, "-")
    .replace(/\][\s,]*\[/g, "\n")
    .replace(/[[\]()]/g, " ")
    .split(/[\n;]/)
    .map((line) => line.split(/[\s,]+/).filter(Boolean))
    .filter((words) => words.length > 0);
}

/** @param {string} word */
function isNumber(word) {
  return NUMBER.test(word) && Number.isFinite(Number(word));
}
