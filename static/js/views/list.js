// @ts-check
/** A part of which several may be chosen, all at work together. */

import { icon, make } from "../lib/dom.js";
import { t } from "../lib/i18n.js";
import { choiceOf, toldAll } from "../lib/parts.js";
import { started } from "../lib/started.js";
import { choiceControl } from "./part.js";

/** @import { Input } from "./inputs.js" */
/** @import { Place, Setting } from "./part.js" */

/**
 * Any number of choices, each of which can be taken away.
 * @param {Setting} setting
 * @param {Place} place
 * @param {(value: any) => void} changed
 * @returns {Input}
 */
export function listControl(setting, { name, path, label }, changed) {
  const part = setting.catalogue.parts[name];
  const list = make("div", { class: "fields" });
  const none = make("p", { class: "field__summary" });
  none.textContent = t(choiceOf(part, part.default)?.summary);
  const add = make("select", { class: "input", "aria-label": t("Add: {what}", { what: label }) });
  add.append(make("option", { value: "", text: t("Add …") }));
  for (const { kind, title } of part.choices) {
    if (kind !== part.default) add.append(make("option", { value: kind, text: t(title) }));
  }
  const element = make("div", { class: "part", "data-path": path }, list, add, none);
  /** @type {any[]} */
  let values = [];
  /** @type {Input[]} */
  let members = [];
  add.addEventListener("change", () => {
    changed([...values, started(part, add.value, setting.sizes(name))]);
    add.value = "";
  });
  /** @param {number} index */
  const member = (index) => {
    const remove = removeButton(t("Remove {what}", { what: `${label} ${index + 1}` }));
    remove.addEventListener("click", () => changed(values.filter((_, other) => other !== index)));
    const inner = {
      name,
      path: `${path}.${index}`,
      label: `${label} ${index + 1}`,
      beside: remove,
    };
    return choiceControl(setting, inner, (next) =>
      changed(values.map((each, other) => (other === index ? next : each))),
    );
  };
  return {
    element,
    update(given) {
      values = toldAll(given, part);
      if (members.length !== values.length) {
        members = values.map((_, index) => member(index));
        list.replaceChildren(...members.map((each) => each.element));
      }
      none.hidden = values.length > 0;
      members.forEach((each, index) => each.update(values[index]));
    },
  };
}

/** @param {string} name */
function removeButton(name) {
  return make(
    "button",
    { class: "button button--icon", type: "button", "aria-label": name, title: name },
    icon("close"),
  );
}
