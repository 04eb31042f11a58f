// @ts-check
/** Named specs to start from, which lay their own parts under those that are chosen. */

import { make } from "../lib/dom.js";
import { t } from "../lib/i18n.js";
import { fieldsOf } from "../lib/schema.js";
import { optionsInput } from "./inputs.js";
import { section } from "./section.js";

/** @import { Store } from "../store.js" */
/** @import { Catalogue, Request } from "../types.js" */
/** @import { Input } from "./inputs.js" */

/**
 * What the chosen preset says of a part of the spec.
 * @param {Catalogue} catalogue
 * @param {Request} request
 * @param {string[]} path
 */
export function presetValue({ presets: known }, request, [first, name]) {
  const preset = known.find(({ id }) => id === request.spec?.preset);
  return first === "spec" ? preset?.spec[name] : undefined;
}

/**
 * @param {Store} store
 * @param {Catalogue} catalogue
 * @param {[Input, (request: Request) => any][]} controls
 */
export function presetControl(store, { presets: known }, controls) {
  const options = known.map(({ id }) => id);
  const titles = { "aria-label": t("Preset") };
  const field = { ...fieldsOf({ properties: { preset: { enum: options } } })[0], default: "" };
  const summary = make("p", { class: "field__summary" });
  const input = optionsInput(field, titles, {
    refused() {},
    changed(id) {
      const spec = { ...store.get().request.spec };
      delete spec.preset;
      for (const name of Object.keys(known.find((each) => each.id === id)?.spec ?? {}))
        delete spec[name];
      store.set({ request: { ...store.get().request, spec: id ? { ...spec, preset: id } : spec } });
    },
  });
  input.element.replaceChildren(
    make("option", { value: "", text: t("None: choose each part") }),
    ...known.map(({ id, title }) => make("option", { value: id, text: t(title) })),
  );
  controls.push([input, (request) => request.spec?.preset]);
  controls.push([
    {
      element: summary,
      update(id) {
        summary.textContent = t(known.find((each) => each.id === id)?.summary);
      },
    },
    (request) => request.spec?.preset,
  ]);
  const place = section(t("Preset"), t("A named spec to start from."), [input.element, summary]);
  place.dataset.path = "spec.preset";
  return place;
}
