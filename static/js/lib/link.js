// @ts-check
/**
 * The state of the page as the fragment of its address, so that a link shows the same picture.
 * A fragment and not a query: it stays in the browser, and so tokens never reach a server's log.
 */

import { MOST, specsOf } from "./compare/columns.js";

/** @import { Cell, Comparison, Request } from "../types.js" */

/** @typedef {{request: Request, head: number | "all", cell: Cell | null, compare: Comparison | null}} Shown */

/** Stands for the spec of the request, which is the selected column's. */
const HERE = /** @type {any} */ (null);

/**
 * @param {Shown} shown
 * @returns {string} with its leading #
 */
export function writeFragment(shown) {
  const { request, head, cell, compare } = shown;
  const fields = new URLSearchParams();
  fields.set("request", JSON.stringify(request));
  if (head !== 0) fields.set("head", String(head));
  if (cell) fields.set("cell", `${cell.head}.${cell.query}.${cell.key}`);
  if (compare) fields.set("compare", JSON.stringify(specsOf(shown).with(compare.selected, HERE)));
  return `#${fields}`;
}

/**
 * @param {string} fragment with or without its #
 * @returns {Shown | null} null when it carries no state that can be read
 */
export function readFragment(fragment) {
  const fields = new URLSearchParams(fragment.replace(/^#/, ""));
  try {
    const request = JSON.parse(fields.get("request") ?? "null");
    if (request === null || typeof request !== "object" || Array.isArray(request)) return null;
    const compare = readCompare(fields.get("compare"));
    return {
      ...{ request, head: readHead(fields.get("head")), cell: readCell(fields.get("cell")) },
      compare: compare && { ...compare, specs: specsOf({ request, compare }) },
    };
  } catch {
    return null;
  }
}

/**
 * @param {string | null} text
 * @returns {number | "all"}
 */
function readHead(text) {
  if (text === "all") return "all";
  return /^\d{1,4}$/.test(text ?? "") ? Number(text) : 0;
}

/**
 * @param {string | null} text
 * @returns {Cell | null}
 */
function readCell(text) {
  const found = /^(\d{1,4})\.(\d{1,6})\.(\d{1,6})$/.exec(text ?? "");
  if (!found) return null;
  const [head, query, key] = found.slice(1).map(Number);
  return { head, query, key };
}

/**
 * @param {string | null} text the specs of the columns, null for the one of the request
 * @returns {Comparison | null}
 */
function readCompare(text) {
  const specs = parsed(text ?? "null");
  if (!Array.isArray(specs) || specs.length > MOST) return null;
  const isSpec = (/** @type {any} */ spec) => typeof spec === "object" && !Array.isArray(spec);
  const selected = specs.indexOf(HERE);
  if (selected < 0 || selected !== specs.lastIndexOf(HERE) || !specs.every(isSpec)) return null;
  return { specs, selected };
}

/**
 * What is damaged is left out, and the rest of the link is still shown.
 * @param {string} text
 * @returns {any}
 */
function parsed(text) {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
