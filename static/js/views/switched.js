// @ts-check
/** The input for no, yes, or numbers of one's own. */

import { make } from "../lib/dom.js";
import { t } from "../lib/i18n.js";
import { numbersInput } from "./pasted.js";

/** @import { Field } from "../lib/schema.js" */
/** @import { Input, Tell } from "./inputs.js" */

/**
 * @param {Field} field
 * @param {Record<string, string>} names
 * @param {Tell} tell
 * @returns {Input}
 */
export function switchedNumbers(field, names, tell) {
  const shapes = field.shapes.filter((shape) => shape !== "boolean");
  const { id, ...rest } = names;
  const numbers = numbersInput({ ...field, shapes, default: null }, rest, tell);
  const select = make("select", { class: "input", ...names });
  for (const [value, text] of [
    ["false", t("off")],
    ["true", t("on")],
    ["own", t("own numbers")],
  ]) {
    select.append(make("option", { value, text }));
  }
  select.addEventListener("change", () => {
    numbers.element.hidden = select.value !== "own";
    if (select.value !== "own") tell.changed(select.value === "true");
  });
  return {
    element: make("div", { class: "field__stack" }, select, numbers.element),
    update(value = field.default) {
      const isOwn = Array.isArray(value);
      if (document.activeElement !== numbers.element) select.value = isOwn ? "own" : String(value);
      numbers.element.hidden = select.value !== "own";
      numbers.update(value);
    },
  };
}
