// @ts-check
/** The input for a few numbers side by side. */

import { make } from "../lib/dom.js";
import { t } from "../lib/i18n.js";
import { quietly } from "./inputs.js";

/** @import { Field } from "../lib/schema.js" */
/** @import { Input, Tell } from "./inputs.js" */

/**
 * @param {Field} field
 * @param {Record<string, string>} names
 * @param {Tell} tell
 * @returns {Input}
 */
export function tupleInput(field, names, { changed }) {
  const element = make("div", { class: "field__row", role: "group", ...names });
  const parts = field.places.map(({ minimum, maximum, isNullable }, index) =>
    make("input", {
      class: "input",
      type: "number",
      step: 1,
      min: minimum,
      max: maximum,
      placeholder: isNullable ? "∞" : null,
      "aria-label": `${t(field.title)} ${index + 1}`,
    }),
  );
  element.append(...parts);
  element.addEventListener("input", () => {
    const isEmpty = parts.some((part, index) => isBlank(part) && !field.places[index].isNullable);
    if (!isEmpty) changed(parts.map((part) => (isBlank(part) ? null : Number(part.value))));
  });
  const updates = parts.map((part, index) => quietly(part, (value) => value?.[index] ?? ""));
  return {
    element,
    update: (value) => updates.forEach((update) => update(value ?? field.default)),
  };
}

/** @param {HTMLInputElement} part */
function isBlank(part) {
  return part.value === "" || part.validity.badInput;
}
