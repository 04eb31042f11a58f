// @ts-check
/** One parameter as a labelled field, with room for what is wrong with it. */

import { freshId, icon, make } from "../lib/dom.js";
import { t } from "../lib/i18n.js";
import { booleanInput, numberInput, optionsInput } from "./inputs.js";
import { numbersInput } from "./pasted.js";
import { clearProblem, showProblem } from "./problems.js";
import { switchedNumbers } from "./switched.js";
import { tupleInput } from "./tuple.js";
import { textInput } from "./written.js";

/** @import { Field } from "../lib/schema.js" */
/** @import { Input } from "./inputs.js" */

/** @type {Record<string, typeof numberInput>} */
const MAKERS = {
  number: numberInput,
  options: optionsInput,
  boolean: booleanInput,
  text: textInput,
  tuple: tupleInput,
  vector: numbersInput,
  rows: numbersInput,
  flags: numbersInput,
};
const WIDE = ["text", "vector", "rows", "flags"];

/**
 * @param {Field} field
 * @param {string} path of the value in the request, its steps joined by points
 * @param {(value: any) => void} changed
 * @returns {Input}
 */
export function fieldControl(field, path, changed) {
  const id = freshId();
  const names = { id, title: t(field.description), "aria-label": t(field.title) };
  const isWide = field.shapes.length === 1 && WIDE.includes(field.shapes[0]);
  const element = make("div", {
    class: isWide ? "field" : "field field--inline",
    "data-path": path,
  });
  const tell = {
    changed: (/** @type {any} */ value) => {
      clearProblem(element);
      changed(value);
    },
    refused: (/** @type {string} */ message) => showProblem(element, message),
  };
  const inputs = inputsFor(field, names, tell);
  const label = make("label", { class: "field__label", for: id, text: t(field.title) });
  label.title = names.title;
  element.append(label, ...inputs.map((input) => input.element));
  return { element, update: (value) => inputs.forEach((input) => input.update(value)) };
}

/**
 * @param {Field} field
 * @param {Record<string, string>} names
 * @param {import("./inputs.js").Tell} tell
 * @returns {Input[]}
 */
function inputsFor(field, names, tell) {
  const [shape] = field.shapes;
  if (field.shapes.includes("boolean") && field.shapes.length > 1) {
    return [switchedNumbers(field, names, tell)];
  }
  // One number, or one a head: a line of text holds both.
  const isEither = shape === "number" && field.shapes.includes("vector");
  const input = MAKERS[isEither ? "vector" : shape](field, names, tell);
  return field.name === "seed" ? [withDice(input, tell)] : [input];
}

/**
 * A seed is to be tried: a button rolls another one.
 * @param {Input} input
 * @param {import("./inputs.js").Tell} tell
 * @returns {Input}
 */
function withDice(input, tell) {
  const name = t("Another seed");
  const dice = make(
    "button",
    { class: "button button--icon", type: "button", "aria-label": name, title: name },
    icon("dice"),
  );
  dice.addEventListener("click", () => tell.changed(Math.floor(Math.random() * 1000)));
  return {
    element: make("div", { class: "field__row" }, input.element, dice),
    update: input.update,
  };
}
