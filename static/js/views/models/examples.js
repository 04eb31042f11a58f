// @ts-check
/** A model's own examples: texts as chips, images as small pictures. */

import { exampleAddress, fetchExample } from "../../models.js";
import { isImageName } from "../../lib/captures/asking.js";
import { find, make } from "../../lib/dom.js";

/** @import { Model } from "../../lib/captures/types.js" */

/**
 * @param {{text: HTMLTextAreaElement, picked: {take: (coming: Promise<File>) => void}, changed: () => void}} fields
 */
export function mountExamplesOf({ text, picked, changed }) {
  const place = find("models-examples");
  return {
    /** @param {Model} model */
    show(model) {
      place.hidden = model.examples.length === 0;
      const buttons = model.examples.map((example) => {
        const isImage = isImageName(example);
        const address = isImage ? exampleAddress(model.name, example) : "";
        const content = isImage
          ? make("img", { class: "models__thumbnail", src: address, alt: example })
          : make("bdi", { text: example });
        const button = make("button", { class: "models__example", type: "button" }, content);
        button.addEventListener("click", () => {
          if (isImage) picked.take(fetchExample(model.name, example));
          else text.value = example;
          changed();
        });
        return button;
      });
      place.replaceChildren(...buttons);
      const first = model.examples.find(isImageName);
      if (first) picked.take(fetchExample(model.name, first));
    },
  };
}
