// @ts-check
/** What the page asks the server of mechanisms, and of attention between tokens or numbers. */

import { getJson, json } from "./ask.js";
import { decodeMatrix, withGaps } from "./lib/matrices.js";
import { gapsOf } from "./lib/members.js";

/** @import { Answer, Catalogue, Cell, Explained, Request } from "./types.js" */

const { api, messages, examples, comparisons } = document.documentElement.dataset;

/** @returns {Promise<Catalogue>} */
export const fetchMechanisms = () => getJson(`${api}/mechanisms`);

/** @returns {Promise<{language: string, messages: Record<string, string>}>} */
export const fetchMessages = () => getJson(String(messages));

/** @returns {Promise<import("./views/examples.js").Example[]>} */
export const fetchExamples = () => getJson(String(examples));

/** @returns {Promise<import("./views/compare/ready.js").Ready[]>} */
export const fetchComparisons = () => getJson(String(comparisons));

/**
 * Compute scores, weights and outputs.
 * @param {Request} request
 * @param {AbortSignal} signal
 * @returns {Promise<Answer>}
 */
export async function fetchAnswer(request, signal) {
  const body = await post({ ...request, encoding: "base64" }, signal);
  const scores = decodeMatrix(body.scores);
  const plain = decodeMatrix(body.weights);
  const weights = withGaps(plain, gapsOf(scores, plain));
  return {
    request,
    tokens: body.tokens,
    scores,
    weights,
    outputs: withoutEmptyRows(decodeMatrix(body.outputs), body.empty_rows),
    emptyRows: body.empty_rows,
    notes: body.notes,
    spec: body.spec,
    flags: body.flags,
    device: body.device,
    dtype: body.dtype,
    computeMs: body.timing_ms.compute,
  };
}

/**
 * Explain one cell.
 * @param {Request} request
 * @param {Cell} cell
 * @param {AbortSignal} signal
 * @returns {Promise<Explained>}
 */
export async function fetchCell(request, cell, signal) {
  const body = await post({ ...request, include: [], cell }, signal);
  return body.cell;
}

/**
 * The answer as JSON text, for a file.
 * @param {Request} request
 */
export async function fetchJson(request) {
  const body = await post({ ...request, encoding: "json" });
  return JSON.stringify({ request, answer: body }, null, 1);
}

/** The address that every request of the page goes to. */
export function attentionUrl() {
  return new URL(`${api}/attention`, location.href).href;
}

/**
 * @param {import("./types.js").Matrix} outputs
 * @param {{head: number, query: number}[]} emptyRows
 */
function withoutEmptyRows(outputs, emptyRows) {
  if (emptyRows.length === 0) return outputs;
  const [, rows, dim] = outputs.shape;
  const empty = new Set(emptyRows.map(({ head, query }) => head * rows + query));
  return withGaps(outputs, (index) => empty.has(Math.floor(index / dim)));
}

/**
 * @param {object} body
 * @param {AbortSignal} [signal]
 */
async function post(body, signal) {
  return getJson(`${api}/attention`, { method: "POST", ...json(body), signal });
}
