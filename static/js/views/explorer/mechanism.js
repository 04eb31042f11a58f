// @ts-check
/** How a layer attends, in the words of the catalogue. */

import { t } from "../../lib/i18n.js";
import { choiceOf, told } from "../../lib/parts.js";
import { maskTitles } from "../masks.js";

/** @import { Catalogue } from "../../types.js" */

/**
 * The score, what is added to it, the masks and the normaliser; what is the default is not told.
 * @param {Record<string, any>} spec resolved
 * @param {Catalogue} catalogue
 */
export function mechanismWords(spec, catalogue) {
  const { parts } = catalogue;
  /** @param {string} name @param {any} value */
  const title = (name, value) => {
    const { kind } = told(value, parts[name]);
    return t(choiceOf(parts[name], kind)?.title ?? kind);
  };
  const masks = maskTitles(spec, catalogue);
  const position = [spec.position ?? []].flat().map((each) => title("position", each));
  const plain = new Set([title("position", parts.position.default)]);
  return [
    title("score", spec.score),
    ...position.filter((each) => !plain.has(each)),
    ...masks,
    title("normalizer", spec.normalizer),
  ];
}
