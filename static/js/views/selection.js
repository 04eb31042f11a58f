// @ts-check
/** What is pointed at and what is pinned, by pointer and by keys. */

import { walkedAnswer } from "../lib/compare/outcomes.js";
import { largest, rowsOf } from "../lib/matrices.js";
import { isSame } from "../lib/paths.js";
import { shownHeads } from "./panels.js";

/** @import { Store } from "../store.js" */
/** @import { Answer, Cell, PanelName, Pointed, State } from "../types.js" */

/**
 * @param {Store} store
 * @param {Pointed | null} pointed
 */
export function point(store, pointed) {
  if (!isSame(pointed, store.get().pointed)) store.set({ pointed });
}

/**
 * Pin a cell. A second click keeps it: a tap may come as two.
 * @param {Store} store
 * @param {Pointed | null} pointed
 */
export function chooseCell(store, pointed) {
  const { cell } = store.get();
  const answer = walkedAnswer(store.get());
  if (!pointed || !answer) return;
  const next = cellOf(answer, pointed);
  store.set({ cell: isSame(next, cell) ? cell : next, panel: pointed.panel });
}

/**
 * Walk the cells with the arrow keys.
 * @param {Store} store
 * @param {PanelName} panel
 * @param {KeyboardEvent} event
 */
export function walk(store, panel, event) {
  const { cell, pointed } = store.get();
  const answer = walkedAnswer(store.get());
  if (!answer || event.ctrlKey || event.metaKey || event.altKey) return;
  const here = pointed?.panel === panel ? pointed : startOf(store, panel, cell);
  const last = answer[panel].shape[2] - 1;
  /** @type {Record<string, () => Partial<Pointed>>} */
  const steps = {
    ArrowLeft: () => ({ column: here.column - 1 }),
    ArrowRight: () => ({ column: here.column + 1 }),
    ArrowUp: () => ({ query: here.query - 1 }),
    ArrowDown: () => ({ query: here.query + 1 }),
    Home: () => ({ column: 0 }),
    End: () => ({ column: last }),
  };
  if (event.key === "Enter" || event.key === " ") chooseCell(store, here);
  else if (event.key === "Escape") store.set({ cell: null, pointed: null });
  else if (steps[event.key]) {
    const next = pointed?.panel === panel ? { ...here, ...steps[event.key]() } : here;
    next.query = clamp(next.query, answer[panel].shape[1] - 1);
    next.column = clamp(next.column, last);
    point(store, next);
  } else return;
  event.preventDefault();
}

/**
 * The head that a picture of one head shows: of columns side by side, the one asked of all.
 * @param {State} state
 */
export function headOf(state) {
  return state.compare ? Number(state.head) || 0 : shownHeads(state)[0];
}

/**
 * The pinned cell if there is one, else the first.
 * @param {Store} store
 * @param {PanelName} panel
 * @param {Cell | null} cell
 * @returns {Pointed}
 */
function startOf(store, panel, cell) {
  const head = headOf(store.get());
  const isKey = panel !== "outputs";
  return { head, query: cell?.query ?? 0, column: (isKey && cell?.key) || 0, panel };
}

/**
 * An output is a whole row's work; the key with the largest weight is its best explanation.
 * @param {Answer} answer
 * @param {Pointed} pointed
 * @returns {Cell | null}
 */
function cellOf(answer, { head, query, column, panel }) {
  if (panel !== "outputs") return { head, query, key: column };
  const key = largest(rowsOf(answer.weights, head)[query]);
  return key < 0 ? { head, query, key: 0 } : { head, query, key };
}

/**
 * @param {number} value
 * @param {number} last
 */
function clamp(value, last) {
  return Math.min(Math.max(value, 0), last);
}
