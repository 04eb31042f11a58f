// @ts-check
/** What is chosen of a capture, in its bounds and in the address. Pure. */

import { readWindow, writeWindow } from "./places.js";

/** @import { Capture, ExplorerState } from "./types.js" */

/** @typedef {Pick<ExplorerState, "kind" | "layer" | "head" | "query" | "key" | "direction" | "isReplay" | "zoom">} Selection */

/** The kinds whose heads tell most to a newcomer come first. */
const ORDER = ["cross", "self", "decoder", "encoder", "text", "vision"];

/**
 * Read a selection from the fields of an address, kept inside what the capture has.
 * @param {URLSearchParams} fields
 * @param {Pick<Capture, "kinds" | "n_given" | "tokens">} capture
 * @returns {Selection}
 */
export function readSelection(fields, capture) {
  const kinds = Object.keys(capture.kinds);
  const asked = fields.get("kind") ?? "";
  const kind = kinds.includes(asked) ? asked : firstKind(kinds);
  const key = fields.get("key");
  return within(
    {
      kind,
      layer: readIndex(fields.get("layer")) ?? 0,
      head: readIndex(fields.get("head")) ?? 0,
      query: readIndex(fields.get("query")) ?? firstQuery(capture, kind),
      key: readIndex(key),
      direction: fields.get("direction") === "to" && key !== null ? "to" : "from",
      isReplay: fields.get("replay") === "1",
      zoom: readWindow(fields, capture.kinds[kind]),
    },
    capture.kinds,
  );
}

/**
 * Write a selection into the fields of an address; the others stay.
 * @param {URLSearchParams} fields
 * @param {Selection} selection
 * @returns {URLSearchParams}
 */
export function writeSelection(fields, { zoom, ...selection }) {
  const { kind, layer, head, query, key, direction, isReplay } = selection;
  const written = writeWindow(fields, zoom);
  const told = { kind, layer, head, query, key, direction, replay: isReplay ? 1 : null };
  for (const [name, value] of Object.entries(told)) {
    const isUntold = value === null || (name === "direction" && value === "from");
    if (isUntold) written.delete(name);
    else written.set(name, String(value));
  }
  return written;
}

/**
 * Keep a selection inside the sizes of its kind.
 * @template {Pick<Selection, "kind" | "layer" | "head" | "query" | "key">} Chosen
 * @param {Chosen} selection
 * @param {Capture["kinds"]} kinds
 * @returns {Chosen}
 */
export function within(selection, kinds) {
  const sizes = kinds[selection.kind];
  /** @param {number} at @param {number} count */
  const kept = (at, count) => Math.min(Math.max(at, 0), count - 1);
  return {
    ...selection,
    layer: kept(selection.layer, sizes.n_layers),
    head: kept(selection.head, sizes.n_heads),
    query: kept(selection.query, sizes.n_queries),
    key: selection.key === null ? null : kept(selection.key, sizes.n_keys),
  };
}

/** @param {string[]} kinds */
function firstKind(kinds) {
  return ORDER.find((kind) => kinds.includes(kind)) ?? kinds[0];
}

/**
 * A token that says something: of generated ones the first reader; of an image's the one that reads
 * the whole of it; else a word in the middle.
 * @param {Pick<Capture, "n_given" | "tokens">} capture
 * @param {string} kind
 */
function firstQuery({ n_given: given, tokens }, kind) {
  const { query } = tokens[kind];
  if (given[kind] < query.length) return Math.max(given[kind] - 1, 0);
  if (query.some(({ kind }) => kind === "patch") && query[0].kind === "special") return 0;
  const middle = Math.floor(query.length / 2);
  const found = query.findIndex((token, index) => index >= middle && token.kind !== "special");
  return found < 0 ? middle : found;
}

/** @param {string | null} text */
function readIndex(text) {
  return /^\d{1,9}$/.test(text ?? "") ? Number(text) : null;
}
