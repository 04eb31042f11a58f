// @ts-check
/**
 * The state of the page as the fragment of its address, so that a link shows the same picture.
 * A fragment and not a query: it stays in the browser, and so tokens never reach a server's log.
 */

/** @import { Cell, Request } from "../types.js" */

/** @typedef {{request: Request, head: number | "all", cell: Cell | null}} Shown */

/**
 * @param {Shown} shown
 * @returns {string} with its leading #
 */
export function writeFragment({ request, head, cell }) {
  const fields = new URLSearchParams();
  fields.set("request", JSON.stringify(request));
  if (head !== 0) fields.set("head", String(head));
  if (cell) fields.set("cell", `${cell.head}.${cell.query}.${cell.key}`);
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
    return { request, head: readHead(fields.get("head")), cell: readCell(fields.get("cell")) };
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
