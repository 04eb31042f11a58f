// @ts-check
/** The form of the mechanism, made from the catalogue: a new mechanism needs no line here. */

import { find } from "../lib/dom.js";
import { t } from "../lib/i18n.js";
import { valueIn, withValue } from "../lib/paths.js";
import { OUTSIDE_SPEC } from "../lib/request.js";
import { fieldsOf } from "../lib/schema.js";
import { fieldControl } from "./field.js";
import { listControl } from "./list.js";
import { choiceControl } from "./part.js";
import { presetControl, presetValue } from "./presets.js";
import { section } from "./section.js";
import { sizesOf } from "./sizes.js";

/** @import { Store } from "../store.js" */
/** @import { Catalogue, Request } from "../types.js" */
/** @import { Input } from "./inputs.js" */

/**
 * @param {Store} store
 * @param {Catalogue} catalogue
 */
export function mountMechanism(store, catalogue) {
  const setting = {
    catalogue,
    sizes: (/** @type {string} */ part) => sizesOf(store.get(), part),
  };
  /** @type {[Input, (request: Request) => any][]} */
  const controls = [];
  /** @param {string[]} path @param {(set: (value: any) => void) => Input} control */
  const add = (path, control) => {
    const set = (/** @type {any} */ value) =>
      store.set({ request: withValue(store.get().request, path, value) });
    const input = control(set);
    controls.push([
      input,
      (request) => valueIn(request, path) ?? presetValue(catalogue, request, path),
    ]);
    return input.element;
  };
  const elements = Object.entries(catalogue.parts).map(([name, part]) => {
    const path = OUTSIDE_SPEC.includes(name) ? [name] : ["spec", name];
    const place = { name, path: path.join("."), label: t(part.title) };
    const control = part.multiple ? listControl : choiceControl;
    const input = add(path, (set) => control(setting, place, set));
    const element = section(t(part.title), t(part.summary), [input]);
    element.classList.toggle("field--for-tokens", OUTSIDE_SPEC.includes(name));
    return element;
  });
  const loose = fieldsOf(catalogue.spec).map((field) =>
    add(["spec", field.name], (set) => fieldControl(field, `spec.${field.name}`, set)),
  );
  find("fields").append(presetControl(store, catalogue, controls), ...elements, ...loose);
  store.watch(["request"], ({ request }) => {
    for (const [input, valueOf] of controls) input.update(valueOf(request));
  });
}
