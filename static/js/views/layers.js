// @ts-check
/** How many heads a model has, in words. */

import { t } from "../lib/i18n.js";

/**
 * @param {number} layers
 * @param {number} heads of a layer
 */
export function sizesIn(layers, heads) {
  const counts = { layers, heads };
  if (layers === 1 && heads === 1) return t("one layer, one head");
  return layers === 1
    ? t("one layer × {heads} heads", counts)
    : t("{layers} layers × {heads} heads", counts);
}
