// @ts-check
/** A parameter that is an object, told by a constant: which one, and beneath it its own fields. */

import { freshId, make } from "../lib/dom.js";
import { t } from "../lib/i18n.js";
import { withField } from "../lib/parts.js";
import { fieldsOf } from "../lib/schema.js";
import { startedBranch } from "../lib/starters.js";
import { fieldControl } from "./field.js";

/** @import { Field } from "../lib/schema.js" */
/** @import { Sizes } from "../lib/starters.js" */
/** @import { Input } from "./inputs.js" */

/**
 * @param {Field} field
 * @param {{path: string, sizes: () => Sizes}} place
 * @param {(value: any) => void} changed
 * @returns {Input}
 */
export function branchesControl(field, { path, sizes }, changed) {
  const id = freshId();
  const label = make("label", { class: "field__label", for: id, text: t(field.title) });
  const title = t(field.description);
  label.title = title;
  const select = make("select", { class: "input", id, title, "aria-label": t(field.title) });
  if (!field.isRequired) select.append(make("option", { value: "", text: t("none") }));
  for (const branch of field.branches) {
    select.append(make("option", { value: branch.value, text: t(branch.title) }));
  }
  const summary = make("p", { class: "field__summary" });
  const parameters = make("div", { class: "part__parameters" });
  const head = make("div", { class: "field field--inline" }, label, select);
  const element = make("div", { class: "part", "data-path": path }, head, summary, parameters);
  /** @param {string} value */
  const branchOf = (value) => field.branches.find((branch) => branch.value === value);
  select.addEventListener("change", () => {
    const branch = branchOf(select.value);
    changed(branch && startedBranch(field, branch, sizes()));
  });
  /** @type {Record<string, any>} */
  let held = {};
  let shown = "";
  /** @type {[Field, Input][]} */
  let inner = [];
  /** @param {Field} each @returns {[Field, Input]} */
  const control = (each) => {
    const set = (/** @type {any} */ next) => changed(withField(held, each.name, next));
    return [each, fieldControl(each, `${path}.${each.name}`, set)];
  };
  return {
    element,
    update(value) {
      held = value ?? field.default ?? {};
      const which = held[field.tag] ?? "";
      if (which !== shown) {
        const branch = branchOf(which);
        inner = fieldsOf(branch?.schema ?? {}).map(control);
        summary.textContent = t(branch?.summary);
        parameters.replaceChildren(...inner.map(([, input]) => input.element));
      }
      shown = select.value = which;
      for (const [each, input] of inner) input.update(held[each.name]);
    },
  };
}
