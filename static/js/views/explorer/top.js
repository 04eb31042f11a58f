// @ts-check
/** The tokens with the largest weights, each a line to be chosen. */

import { topOf } from "../../lib/captures/lines.js";
import { labelOf } from "../../lib/captures/tokens.js";
import { make } from "../../lib/dom.js";
import { t } from "../../lib/i18n.js";
import { showBounded, showPlace } from "../../lib/numbers.js";

/** @import { ExplorerState, Token } from "../../lib/captures/types.js" */

const MOST = 6;

/** @param {ExplorerState} state */
export function topLines(state) {
  const { heated } = sidesOf(state);
  const heat = /** @type {NonNullable<typeof state.heat>} */ (state.heat);
  const top = topOf(heat.weights, MOST);
  const most = Math.abs(top[0]?.weight ?? 1);
  if (top.length === 0) return [make("li", { class: "top__none", text: t("nothing at all") })];
  return top.map(({ index, weight }) => {
    const at = heat.start + index;
    const attributes = {
      class: "top__line",
      type: "button",
      "data-at": at,
      "aria-pressed": "false",
    };
    const button = make(
      "button",
      attributes,
      word(heated[at]),
      make("span", { class: "top__place", text: showPlace(at + 1) }),
      make("span", { class: "top__weight", text: showBounded(weight, 3) }),
    );
    button.style.setProperty("--weight", String(Math.abs(weight) / most));
    return make("li", {}, button);
  });
}

/**
 * The tokens of the side that heat is on, and of the other one.
 * @param {ExplorerState} state
 */
export function sidesOf({ capture, kind, direction }) {
  const { query, key } = /** @type {NonNullable<typeof capture>} */ (capture).tokens[kind];
  return direction === "from" ? { heated: key, other: query } : { heated: query, other: key };
}

/** @param {Token} token */
export function word(token) {
  const place = labelOf(token);
  const text = token.kind === "patch" ? t("patch {place}", { place }) : place;
  return make("bdi", { class: "top__word", text });
}
