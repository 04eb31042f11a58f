// @ts-check
/** The input for pasted numbers. */

import { make } from "../lib/dom.js";
import { t } from "../lib/i18n.js";
import { readFlags, readRows, writeRows } from "../lib/numbers.js";
import { quietly } from "./inputs.js";

/** @import { Field } from "../lib/schema.js" */
/** @import { Input, Tell } from "./inputs.js" */

/**
 * Pasted numbers, or yes and no, in a line or in rows.
 * @param {Pick<Field, "shapes">} field
 * @param {Record<string, string>} names
 * @param {Tell} tell
 * @returns {Input}
 */
export function numbersInput({ shapes }, names, { changed, refused }) {
  const isFlags = shapes.includes("flags");
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
    } else if (read.rows.length === 0) changed(undefined);
    else changed(shapes.includes("vector") && read.rows.length === 1 ? read.rows[0] : read.rows);
  });
  return {
    element,
    update: quietly(element, (value) => (Array.isArray(value) ? writeRows(value) : "")),
  };
}
