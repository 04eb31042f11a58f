// @ts-check
/** The steps from two vectors to a share of the output, each a title and its numbers. */

import { t } from "../lib/i18n.js";
import { scoreMaker } from "../lib/makers.js";
import { memberName, membersOf } from "../lib/members.js";
import { rowTable, shareTable } from "./arithmetic.js";
import { combinationTable } from "./combination.js";
import { maskTitles } from "./masks.js";
import { saysOf } from "./says.js";
import { rowSteps, scoreSteps } from "./steps.js";
import { termsTable } from "./terms.js";

/** @import { Answer, Catalogue, Explained } from "../types.js" */

/** @typedef {{title: string, says?: string, name: string, body: HTMLElement[]}} Step */

/**
 * @param {Explained} cell
 * @param {Answer} answer
 * @param {Catalogue} catalogue
 * @returns {Step[]}
 */
export function whySteps(cell, answer, catalogue) {
  const { query, key } = answer.tokens;
  const says = saysOf(cell, answer, catalogue);
  const terms = termsTable(cell, {
    query: query[cell.query],
    key: key[cell.key],
    maker: t(scoreMaker(answer.spec, catalogue.parts)?.title),
  });
  const score = scoreSteps(cell, maskTitles(answer.spec, catalogue));
  // Of a head made of several, the API takes the first one apart.
  const member = membersOf(answer) > 1 ? memberName(0) : "";
  const row = rowTable(cell, { keys: key, member });
  const steps = [
    { title: t("Multiply, term by term"), says: says.terms, name: "terms", body: [terms] },
    { title: t("Score"), says: member, name: "score", body: [score] },
    { title: t("Weigh against the row"), says: says.row, name: "row", body: [rowSteps(cell), row] },
  ];
  if (cell.combined) {
    const combined = combinationTable(cell.combined, (head) => partName(answer, head));
    const title = t("Combine the heads");
    steps.push({ title, says: says.heads, name: "combine", body: [combined] });
  }
  // Without values there is nothing to carry.
  if (!cell.allowed || cell.value.length === 0) return steps;
  return [...steps, { title: t("Carry to the output"), name: "carry", body: [shareTable(cell)] }];
}

/**
 * What a score head is called: by its place in a head made of several, or by its number.
 * @param {Answer} answer
 * @param {number} head
 */
function partName(answer, head) {
  const members = membersOf(answer);
  return members > 1 ? memberName(head % members) : t("head {head}", { head: head + 1 });
}
