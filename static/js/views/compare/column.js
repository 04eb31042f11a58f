// @ts-check
/** One column: its name and what may be done with it, its two pictures and its numbers. */

import { differenceFigure } from "../../figures/difference.js";
import { matrixFigure } from "../../figures/matrix.js";
import { changes } from "../../lib/changes.js";
import { freshId, make } from "../../lib/dom.js";
import {
  MOST,
  specsOf,
  withAdded,
  withFirst,
  withRemoved,
  withSelected,
} from "../../lib/compare/columns.js";
import { t } from "../../lib/i18n.js";
import { columnAction, label } from "./action.js";
import { notesOf } from "./notes.js";
import { numbersOf } from "./numbers.js";
import { mountPicture } from "./picture.js";
import { readoutOf } from "./readout.js";
import { tellDifference, tellWeights } from "./told.js";

/** @import { Store } from "../../store.js" */
/** @import { Shown } from "./shown.js" */

/**
 * @param {Store} store
 * @param {number} index
 */
export function mountColumn(store, index) {
  const id = freshId();
  const input = make("input", { type: "radio", name: "column", value: index });
  const letter = make("span", { class: "column__letter" });
  const name = make("span", { class: "column__name" });
  const choice = make("label", { class: "column__choice", id }, input, letter, name);
  input.addEventListener("change", () => store.set(withSelected(store.get(), index)));
  const first = columnAction(store, "first", (state) => withFirst(state, index));
  const copy = columnAction(store, "copy", (state) => withAdded(state, specsOf(state)[index]));
  const remove = columnAction(store, "close", (state) => withRemoved(state, index));
  const actions = make("div", { class: "column__actions" }, first, copy, remove);
  const weights = mountPicture(store, "weights");
  const difference = mountPicture(store, "difference");
  const told = [make("div", { class: "column__hints" }), make("div")];
  const readout = make("p", { class: "column__readout" });
  const title = make("h3", { class: "column__title" });
  const numbers = make("dl", { class: "column__lines" });
  const notes = make("div");
  const element = make(
    "section",
    { class: index === 0 ? "column column--first" : "column", "aria-labelledby": id, hidden: true },
    make("header", { class: "column__head" }, choice, actions),
    make("div", { class: "column__weights" }, weights.element, told[0]),
    readout,
    make("div", { class: "column__difference" }, title, told[1], difference.element),
    make("div", { class: "column__numbers" }, numbers, notes),
  );

  const tryAgain = () => {
    const { compare, request } = store.get();
    store.set({ compare: compare && { ...compare }, request: { ...request } });
    input.focus(); // for the button is gone
  };
  // What a reader may have unfolded, or stands on, is left alone while it says the same.
  const isNewNote = changes();
  const isNewProblem = changes();
  const isNewNumber = changes();
  return {
    element,
    width: () => Math.max(element.clientWidth - 24, 0),
    /** @param {Shown} column @param {Shown} reference */
    show(column, reference) {
      input.checked = column.isSelected;
      element.classList.toggle("column--selected", column.isSelected && column.count > 1);
      element.classList.toggle("column--stale", Boolean(column.outcome?.isBusy));
      element.setAttribute("aria-busy", String(Boolean(column.outcome?.isBusy)));
      letter.textContent = column.letter;
      name.textContent = column.name;
      const called = { letter: column.letter };
      label(first, t("Measure all against {letter}", called), index === 0);
      label(copy, t("Duplicate {letter}", called), column.count >= MOST);
      label(remove, t("Remove {letter}", called), column.count < 2);
      const { drawn } = column;
      weights.show(drawn?.weights ?? null, matrixFigure, `${column.letter}, ${column.name}`);
      const against = t("{letter} minus {first}", { ...called, first: reference.letter });
      difference.show(drawn?.difference ?? null, differenceFigure, against);
      title.textContent = drawn?.difference ? against : "";
      if (
        isNewProblem(
          column.isOneHead,
          column.outcome?.problem,
          drawn?.head,
          drawn?.asked,
          column.outcome?.answer,
        )
      )
        told[0].replaceChildren(...tellWeights(column, tryAgain));
      told[1].replaceChildren(...tellDifference(column, reference));
      const answers = [column, reference].map(({ outcome }) => outcome?.answer);
      if (isNewNote(answers[0])) notes.replaceChildren(...notesOf(column));
      if (isNewNumber(...answers, drawn?.head, reference.drawn?.head))
        numbers.replaceChildren(...numbersOf(store, column, reference));
    },
    /** @param {Shown[]} columns */
    light(columns) {
      const state = store.get();
      weights.light(state);
      difference.light(state);
      readout.replaceChildren(...readoutOf(columns[index], columns[0], state));
    },
  };
}
