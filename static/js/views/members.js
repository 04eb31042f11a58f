// @ts-check
/** The switch in the head of the scores, where a head is made of several. */

import { find, make } from "../lib/dom.js";
import { memberName, membersOf } from "../lib/members.js";

/** @import { Store } from "../store.js" */

/**
 * @param {Store} store
 */
export function mountMembers(store) {
  const place = find("members");
  let count = 1;
  store.watch(["answer", "member"], ({ answer, member }) => {
    const members = answer ? membersOf(answer) : 1;
    if (members !== count) place.replaceChildren(...choices(members));
    count = members;
    place.hidden = members === 1;
    const shown = String(Math.min(member, members - 1));
    for (const input of place.querySelectorAll("input")) input.checked = input.value === shown;
  });
  place.addEventListener("change", (event) => {
    const { value } = /** @type {HTMLInputElement} */ (event.target);
    store.set({ member: Number(value), pointed: null });
  });
}

/** @param {number} count */
function choices(count) {
  return Array.from({ length: count }, (_, member) =>
    make(
      "label",
      { class: "segments__choice" },
      make("input", { type: "radio", name: "member", value: member }),
      memberName(member),
    ),
  );
}
