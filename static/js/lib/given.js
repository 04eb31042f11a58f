// @ts-check
/** Pasted numbers, and the names that their rows may have. */

import { without } from "./request.js";

/** @import { Request } from "../types.js" */

/** @type {Record<string, "query_labels" | "key_labels">} */
const LABELS = { query: "query_labels", key: "key_labels" };

/**
 * Put pasted numbers in their place; names that no longer fit the rows are left out.
 * @param {Request} request
 * @param {"query" | "key" | "value"} name
 * @param {any[] | undefined} rows [row][dim], or [head][row][dim]; none takes them away
 * @returns {Request}
 */
export function withNumbers(request, name, rows) {
  const labels = LABELS[name];
  const count = Array.isArray(rows?.[0]?.[0]) ? rows?.[0].length : rows?.length;
  const isNamed = labels && request[labels]?.length === count;
  const rest = without(request, isNamed || !labels ? [name] : [name, labels]);
  return rows ? { ...rest, [name]: rows } : rest;
}
