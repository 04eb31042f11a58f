// @ts-check
/** The input for a line of code, which counts once the writer pauses. */

import { make } from "../lib/dom.js";
import { quietly } from "./inputs.js";

/** @import { Field } from "../lib/schema.js" */
/** @import { Input, Tell } from "./inputs.js" */

/** Half a formula is a wrong formula: longer than the time between two strokes. */
const PAUSE_MS = 500;

/**
 * @param {Field} field
 * @param {Record<string, string>} names
 * @param {Tell} tell
 * @returns {Input}
 */
export function textInput(field, names, { changed }) {
  const element = make("textarea", {
    class: "input input--code",
    rows: 1,
    spellcheck: "false",
    autocomplete: "off",
    autocapitalize: "off",
    maxlength: field.longest,
    ...names,
  });
  let timer = 0;
  const apply = () => {
    clearTimeout(timer);
    // A field that was taken away meanwhile has nothing to say any more.
    if (element.isConnected) changed(element.value.trim() || undefined);
  };
  element.addEventListener("input", () => {
    clearTimeout(timer);
    timer = window.setTimeout(apply, PAUSE_MS);
  });
  element.addEventListener("change", apply);
  element.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || event.isComposing) return;
    event.preventDefault(); // a formula is one line, however it wraps
    apply();
  });
  return { element, update: quietly(element, (value) => value ?? field.default ?? "") };
}
