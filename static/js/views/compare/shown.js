// @ts-check
/** What each column shows now: its name, its outcome, its pictures on the scales of all. */

import { comparedPictures } from "../../figures/compared.js";
import { requestsOf, specsOf } from "../../lib/compare/columns.js";
import { letterOf, namesOf } from "../../lib/compare/names.js";
import { t } from "../../lib/i18n.js";
import { ruler } from "../../lib/measure.js";
import { showShort } from "../../lib/numbers.js";
import { isSame } from "../../lib/paths.js";
import { readTheme } from "../../lib/theme.js";

/** @import { Catalogue, Outcome, State } from "../../types.js" */
/** @import { Drawn } from "../../figures/compared.js" */

/**
 * @typedef {object} Shown a column as it stands now
 * @property {number} count of columns
 * @property {string} letter
 * @property {string} name
 * @property {boolean} isSelected
 * @property {boolean} isSame whether its spec is the first one's
 * @property {boolean} isOneHead whether its heads are set aside, for the numbers are one head
 * @property {Outcome | null} outcome
 * @property {Drawn | null} drawn
 */

/**
 * What the shared colours mean, in numbers.
 * @param {Shown[]} shown
 */
export function scalesOf(shown) {
  const weights = shown.find(({ drawn }) => drawn)?.drawn?.weights;
  const difference = shown.find(({ drawn }) => drawn?.difference)?.drawn?.difference;
  if (!weights || !difference) return "";
  const [low, high] = weights.range.map(showShort);
  const [, reach] = difference.range.map(showShort);
  return t("One colour scale for all: weights {low} to {high}, differences ±{reach}.", {
    ...{ low, high, reach },
  });
}

/**
 * @param {State} state
 * @param {Catalogue} catalogue
 * @param {number} width of a column's picture
 * @returns {Shown[]}
 */
export function shownColumns(state, catalogue, width) {
  const specs = specsOf(state);
  const names = namesOf(specs, catalogue, t);
  const theme = readTheme();
  // Columns that were just added or moved have their outcomes a moment later.
  const requests = requestsOf(state);
  const outcomes = requests.map((request, index) => {
    const own = state.outcomes.find((each) => isSame(each.request, request));
    return own ?? state.outcomes[index] ?? null;
  });
  const drawn = comparedPictures({
    answers: outcomes.map((outcome) => outcome?.answer ?? null),
    head: Number(state.head) || 0,
    zoom: state.zoom,
    width,
    tallest: Math.min(Math.max(200, (innerHeight - 300) * 0.62), 460),
    theme,
    measure: ruler(`12.5px ${theme.font}`),
    axes: [t("keys →"), t("queries ↓")],
  });
  return specs.map((spec, index) => ({
    count: specs.length,
    letter: letterOf(index),
    name: names[index],
    isSelected: index === (state.compare?.selected ?? 0),
    isSame: index > 0 && isSame(spec, specs[0]),
    isOneHead: spec.heads !== undefined && requests[index].spec?.heads === undefined,
    outcome: outcomes[index],
    drawn: drawn[index],
  }));
}
