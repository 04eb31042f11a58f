// @ts-check
/** The input for pasted numbers. */

import { make } from "../lib/dom.js";
import { t } from "../lib/i18n.js";
import { readFlags, readRows, writeRows } from "../lib/numbers.js";
import { quietly } from "./inputs.js";

/** @import { Field } from "../lib/schema.js" */
/** @import { Input, Tell } from "./inputs.js" */

/**
 * Pasted numbers, or yes and no: one alone, in a line or in rows.
 * @param {Pick<Field, "shapes"> & Partial<Field>} field
 * @param {Record<string, string>} names
 * @param {Tell} tell
 * @returns {Input}
 */
export function numbersInput(field, names, { changed, refused }) {
  const isFlags = field.shapes.includes("flags");
  const element = make("textarea", {
    class: "input input--numbers",
    rows: 1,
    spellcheck: "false",
    autocomplete: "off",
    placeholder: t("automatic"),
    ...names,
  });
  element.addEventListener("input", () => {
    const read = isFlags ? readFlags(element.value) : readRows(element.value);
    if ("wrong" in read) {
      refused(t("“{word}” is not a number.", { word: read.wrong.slice(0, 40) }));
    } else changed(valueOf(read.rows, field));
  });
  return {
    element,
    update: quietly(element, (value) => {
      const shown = value ?? field.default;
      if (Array.isArray(shown)) return writeRows(shown);
      return typeof shown === "number" ? shown : "";
    }),
  };
}

/**
 * What rows are for a field: rows, one list, or one number; nothing where the default is no list.
 * @param {(number | boolean)[][]} rows
 * @param {Pick<Field, "shapes"> & Partial<Field>} field
 */
function valueOf(rows, { shapes, canNest = true, default: usual }) {
  if (rows.length === 0) return Array.isArray(usual) ? [] : undefined;
  if (!shapes.includes("vector")) return rows;
  const list = rows.flat();
  if (list.length === 1 && shapes.includes("number")) return list[0];
  return rows.length === 1 || !canNest ? list : rows;
}
