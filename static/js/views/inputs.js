// @ts-check
/** The inputs that hold one value each, one maker a shape. They speak of values, not of text. */

import { make } from "../lib/dom.js";
import { t } from "../lib/i18n.js";
import { wordOf } from "../lib/parts.js";

/** @import { Field } from "../lib/schema.js" */

/**
 * @typedef {object} Input
 * @property {HTMLElement} element
 * @property {(value: any) => void} update shows a value, but never under the writer's hands
 */

/** @typedef {{changed: (value: any) => void, refused: (message: string) => void}} Tell */

/**
 * @param {Field} field
 * @param {Record<string, string>} names attributes that name the input
 * @param {Tell} tell
 * @returns {Input}
 */
export function numberInput(field, names, { changed }) {
  const placeholder = field.default === null ? t("automatic") : null;
  const element = make("input", {
    class: "input",
    type: "number",
    step: field.isInteger ? 1 : "any",
    min: field.minimum,
    max: field.maximum,
    placeholder,
    ...names,
  });
  element.addEventListener("input", () => {
    if (!element.validity.badInput)
      changed(element.value === "" ? undefined : Number(element.value));
  });
  return { element, update: quietly(element, (value) => value ?? field.default ?? "") };
}

/**
 * @param {Field} field
 * @param {Record<string, string>} names
 * @param {Tell} tell
 * @returns {Input}
 */
export function optionsInput(field, names, { changed }) {
  const element = make("select", { class: "input", ...names });
  if (field.isNullable) element.append(make("option", { value: "", text: t("automatic") }));
  for (const option of field.options) {
    element.append(make("option", { value: option, text: t(wordOf(option)) }));
  }
  element.addEventListener("change", () =>
    changed(field.options.find((option) => String(option) === element.value)),
  );
  return { element, update: quietly(element, (value) => value ?? field.default ?? "") };
}

/**
 * @param {Field} field
 * @param {Record<string, string>} names
 * @param {Tell} tell
 * @returns {Input}
 */
export function booleanInput(field, names, { changed }) {
  const element = make("input", { class: "checkbox", type: "checkbox", ...names });
  element.addEventListener("change", () => changed(element.checked));
  return {
    element,
    update: (value) => (element.checked = Boolean(value ?? field.default)),
  };
}

/**
 * Show a value, but never under the writer's hands.
 * @param {HTMLInputElement | HTMLSelectElement | HTMLTextAreaElement} element
 * @param {(value: any) => any} textOf
 */
export function quietly(element, textOf) {
  return (/** @type {any} */ value) => {
    const text = String(textOf(value));
    if (document.activeElement !== element || element.tagName === "SELECT") element.value = text;
  };
}
