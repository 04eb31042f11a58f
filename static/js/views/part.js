// @ts-check
/** The controls of one part of a spec: which mechanism, and its parameters. All from the catalogue. */

import { freshId, make } from "../lib/dom.js";
import { t } from "../lib/i18n.js";
import { choiceOf, exclusive, told, withField } from "../lib/parts.js";
import { fieldsOf } from "../lib/schema.js";
import { started } from "../lib/started.js";
import { branchesControl } from "./branches.js";
import { fieldControl } from "./field.js";
import { listControl } from "./list.js";

/** @import { Catalogue } from "../types.js" */
/** @import { Input } from "./inputs.js" */
/** @import { Field } from "../lib/schema.js" */
/** @import { Sizes } from "../lib/starters.js" */

/**
 * @typedef {object} Setting
 * @property {Catalogue} catalogue
 * @property {(part: string) => Sizes} sizes of what is shown now
 */

/**
 * @typedef {object} Place
 * @property {string} name of the part
 * @property {string} path
 * @property {string} label
 * @property {HTMLElement} [beside] stands in the line of the choice
 */

/**
 * One choice among the kinds of a part.
 * @param {Setting} setting
 * @param {Place} place
 * @param {(value: any) => void} changed
 * @returns {Input}
 */
export function choiceControl(setting, { name, path, label, beside }, changed) {
  const part = setting.catalogue.parts[name];
  const id = freshId();
  const sizes = () => setting.sizes(name);
  const select = make("select", { class: "input", id, "aria-label": label });
  for (const { kind, title } of part.choices) {
    select.append(make("option", { value: kind, text: t(title) }));
  }
  const summary = make("p", { class: "field__summary" });
  const parameters = make("div", { class: "part__parameters" });
  const isOnly = part.choices.length === 1;
  // A choice among one is none.
  const shown = isOnly
    ? make("p", { class: "part__only", text: t(part.choices[0].title) })
    : select;
  const head = make("div", { class: "member__head" }, shown, beside ?? null);
  const element = make("div", { class: "part", "data-path": path }, head, summary, parameters);
  /** @type {import("../lib/parts.js").Told} */
  let value = { kind: "" };
  /** @type {[Field, Input][]} */
  let fields = [];
  select.addEventListener("change", () => changed(started(part, select.value, sizes())));
  /** @param {Field} field */
  const control = (field) => {
    /** @param {any} next */
    const set = (next) => changed(withField(value, field.name, next, exclusive(part, value.kind)));
    const fieldPath = `${path}.${field.name}`;
    const inner = { name: field.part ?? "", path: fieldPath, label: t(field.title) };
    if (field.shapes[0] === "parts") return listControl(setting, inner, set);
    if (field.shapes[0] === "part") return choiceControl(setting, inner, set);
    if (field.shapes[0] === "object")
      return branchesControl(field, { path: fieldPath, sizes }, set);
    return fieldControl(field, fieldPath, set);
  };
  return {
    element,
    update(given) {
      const next = told(given, part);
      if (next.kind !== value.kind) {
        const choice = choiceOf(part, next.kind);
        fields = fieldsOf(choice?.parameters ?? {}).map((field) => [field, control(field)]);
        parameters.replaceChildren(...fields.map(([, input]) => input.element));
        summary.textContent = t(choice?.summary);
        select.value = next.kind;
      }
      value = next;
      for (const [field, input] of fields) input.update(value[field.name]);
    },
  };
}
