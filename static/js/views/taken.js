// @ts-check
/** Says which member of a head is taken apart, where the scores of another one are shown. */

import { make } from "../lib/dom.js";
import { t } from "../lib/i18n.js";
import { memberName, membersOf } from "../lib/members.js";

/** @import { Answer } from "../types.js" */

/**
 * Of a head made of several, the API takes the first one apart, whichever is shown.
 * @param {HTMLElement} place
 * @param {Answer} answer
 * @param {number} member
 */
export function tellMember(place, answer, member) {
  place.querySelector(".why__member")?.remove();
  const shown = Math.min(member, membersOf(answer) - 1);
  if (shown < 1) return;
  const names = { member: memberName(0), shown: memberName(shown) };
  const text = t("Taken apart: {member} (shown above: {shown})", names);
  place.querySelector(".why__top")?.after(make("p", { class: "why__member", text }));
}
