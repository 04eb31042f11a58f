// @ts-check
/** What is true of the picture: what rows sum to, what a cell stands for, where weights are from. */

import { hasScores } from "../../explore.js";
import { spreadOf } from "../../lib/captures/lines.js";
import { find, make } from "../../lib/dom.js";
import { t } from "../../lib/i18n.js";
import { rangeOf, rowSum } from "../../lib/matrices.js";
import { show } from "../../lib/numbers.js";

/** @import { Capture, ExplorerState, ExplorerStore} from "../../lib/captures/types.js" */

const LARGEST_SLIP = 1e-3;

/** @param {ExplorerStore} store */
export function mountBadge(store) {
  store.watch(["region", "heat"], (state) => {
    find("badge").replaceChildren(...badges(state).map((text) => make("li", { text })));
  });
  store.watch(["capture"], ({ capture }) => {
    const notes = capture?.notes ?? [];
    find("notes").hidden = notes.length === 0;
    find("notes").replaceChildren(
      ...notes.map((note) => {
        const text = wordsOf(note);
        return make("li", text ? { text } : { text: note.message, lang: "en" });
      }),
    );
  });
}

/**
 * A note that is always the same, in the page's language; the others are the server's English.
 * @param {{code: string}} note
 */
function wordsOf({ code }) {
  if (code === "written_rows") {
    return t(
      "A row of cross-attention is named after the character that is written from it; a row of the decoder after the one that it reads.",
    );
  }
  if (code === "inverted") {
    return t("The image is dark on a light ground; the model reads its negative.");
  }
  if (code === "half_precision") {
    return t(
      "Numbers are kept in half precision, as they came, and computed with in float32: weights may differ a little from the model's own, which round its scores too.",
    );
  }
  return "";
}

/** @param {ExplorerState} state */
function badges(state) {
  const { region, capture } = state;
  if (!region || !capture) return [];
  const told = [sums(state)];
  if (rangeOf(region.weights)[0] < 0) told.push(t("weights may be negative"));
  if (!hasScores(state)) told.push(originOf(capture));
  return told.filter(Boolean);
}

/**
 * Why there are no scores.
 * @param {Capture} capture
 */
function originOf({ source }) {
  return source.kind === "model"
    ? t("weights as the model handed them over; scores are not known")
    : t("only weights are known, and no scores");
}

/**
 * What the rows sum to, where whole rows are known; of a picture in bytes, the chosen row alone.
 * @param {ExplorerState} state
 */
function sums({ region, capture, heat, direction }) {
  if (!region || !capture) return "";
  const { weights, key, isExact, isRounded, of } = region;
  const count = capture.kinds[of.kind].n_keys;
  if (isRounded || !isExact) {
    const isWhole = heat && direction === "from" && heat.weights.length === count;
    const sum = isWhole ? spreadOf(heat.weights).sum : NaN;
    if (Math.abs(sum - 1) < LARGEST_SLIP) return `✓ ${t("the chosen row sums to one")}`;
    return Number.isNaN(sum) ? "" : t("the chosen row sums to {sum}", { sum: show(sum, 3) });
  }
  if (key[1] - key[0] < count) return "";
  const [, rows] = weights.shape;
  const all = Array.from({ length: rows }, (_, row) => rowSum(weights, 0, row));
  const [low, high] = [Math.min(...all), Math.max(...all)];
  if (Math.max(Math.abs(low - 1), Math.abs(high - 1)) < LARGEST_SLIP) {
    return `✓ ${t("every row sums to one")}`;
  }
  return t("rows sum to {low} … {high}", { low: show(low, 3), high: show(high, 3) });
}
