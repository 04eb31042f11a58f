// @ts-check
/** Whose attention: encoder, decoder, cross; text, vision. */

import { find, make } from "../../lib/dom.js";
import { t } from "../../lib/i18n.js";
import { chooseHead } from "./choose.js";

/** @import { ExplorerStore } from "../../lib/captures/types.js" */

/** @param {ExplorerStore} store */
export function mountKinds(store) {
  const place = find("kinds");
  place.addEventListener("change", (event) => {
    chooseHead(store, { kind: /** @type {HTMLInputElement} */ (event.target).value });
  });
  store.watch(["capture", "kind"], ({ capture, kind }) => {
    const kinds = Object.keys(capture?.kinds ?? {});
    place.hidden = kinds.length < 2;
    if (place.childElementCount !== kinds.length) place.replaceChildren(...kinds.map(choice));
    for (const input of place.querySelectorAll("input")) input.checked = input.value === kind;
  });
}

/** @param {string} value */
function choice(value) {
  const input = make("input", { type: "radio", name: "kind", value });
  return make("label", { class: "segments__choice" }, input, nameOf(value));
}

/** @param {string} kind */
function nameOf(kind) {
  /** @type {Record<string, string>} */
  const names = {
    self: t("self-attention"),
    encoder: t("encoder"),
    decoder: t("decoder"),
    cross: t("cross-attention"),
    text: t("text"),
    vision: t("vision"),
  };
  return names[kind] ?? kind;
}
