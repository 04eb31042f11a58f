// @ts-check
/** Matrices as CSV (RFC 4180): one line a cell, or one line a row of outputs. */

import { valueAt } from "./matrices.js";
import { membersOf, scoresAt } from "./members.js";

/** @import { Answer } from "../types.js" */

/**
 * Scores and weights, one line for each cell; the score of a forbidden cell is empty, and a head
 * made of several has a score for each.
 * @param {Answer} answer
 */
export function cellsCsv(answer) {
  const { tokens, weights } = answer;
  const [heads, queries, keys] = weights.shape;
  const members = membersOf(answer);
  const each = Array.from({ length: members }, (_, member) => `score_${member + 1}`);
  const names = members === 1 ? ["score"] : each;
  const lines = [["head", "query", "key", "query_token", "key_token", ...names, "weight"]];
  for (let head = 0; head < heads; head += 1) {
    for (let query = 0; query < queries; query += 1) {
      for (let key = 0; key < keys; key += 1) {
        const scores = scoresAt(answer, head, query, key);
        const weight = valueAt(weights, head, query, key);
        const words = [word(tokens.query[query]), word(tokens.key[key])];
        lines.push([
          ...[head, query, key].map(String),
          ...words,
          ...scores.map(number),
          number(weight || 0),
        ]);
      }
    }
  }
  return written(lines);
}

/**
 * Outputs, one line for each query; a row without any key is zero.
 * @param {Answer} answer
 */
export function outputsCsv({ tokens, outputs }) {
  const [heads, queries, dims] = outputs.shape;
  const across = Array.from({ length: dims }, (_, dim) => dim);
  const lines = [["head", "query", "query_token", ...across.map((dim) => `output_${dim}`)]];
  for (let head = 0; head < heads; head += 1) {
    for (let query = 0; query < queries; query += 1) {
      const values = across.map((dim) => number(valueAt(outputs, head, query, dim) || 0));
      lines.push([String(head), String(query), word(tokens.query[query]), ...values]);
    }
  }
  return written(lines);
}

/**
 * A token must not become a formula of a spreadsheet. Numbers are written by us and may be negative.
 * @param {string} token
 */
function word(token) {
  const safe = /^[=+\-@\t\r]/.test(token) ? `'${token}` : token;
  return /[",\n\r]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}

/** @param {number} value in float32: nine digits tell it apart from every other */
function number(value) {
  return Number.isNaN(value) ? "" : String(Number(value.toPrecision(9)));
}

/** @param {string[][]} lines */
function written(lines) {
  return lines.map((line) => `${line.join(",")}\r\n`).join("");
}
