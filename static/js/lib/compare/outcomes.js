// @ts-check
/** What the columns of a comparison got, taken together. Pure. */

/** @import { Answer, Outcome, Problem, State } from "../../types.js" */

/**
 * The answer whose cells are walked: the selected column's, or another's where that one failed.
 * @param {Pick<State, "answer" | "compare" | "outcomes">} state
 * @returns {Answer | null}
 */
export function walkedAnswer({ answer, compare, outcomes }) {
  if (!compare) return answer;
  const inOrder = [outcomes[compare.selected], ...outcomes];
  return inOrder.find((outcome) => outcome?.answer)?.answer ?? null;
}

/**
 * Heads of the column that has the most; zero where none has an answer.
 * @param {Outcome[]} outcomes
 */
export function mostHeads(outcomes) {
  return Math.max(0, ...outcomes.map(({ answer }) => answer?.weights.shape[0] ?? 0));
}

/**
 * The head and the cell, kept where there are no more than so many heads.
 * @param {Pick<State, "head" | "cell">} looked
 * @param {number} count of heads
 * @returns {Pick<State, "head" | "cell">}
 */
export function withinHeads({ head, cell }, count) {
  const last = Math.max(0, count - 1);
  return {
    head: head === "all" ? head : Math.min(head, last),
    cell: cell && cell.head > last ? { ...cell, head: last } : cell,
  };
}

/**
 * The head and the cell, kept inside what the columns got once they got it.
 * @param {Pick<State, "head" | "cell" | "outcomes">} state
 * @returns {Pick<State, "head" | "cell">}
 */
export function keptInside({ head, cell, outcomes }) {
  const answers = outcomes.flatMap(({ answer, isBusy }) => (answer && !isBusy ? [answer] : []));
  if (answers.length === 0) return { head, cell };
  const [, queries, keys] = answers[0].weights.shape;
  const isThere = cell !== null && cell.query < queries && cell.key < keys;
  const kept = { head, cell: isThere ? cell : null };
  // A column that failed, or that is under way, may have more heads than all others.
  return answers.length < outcomes.length ? kept : withinHeads(kept, mostHeads(outcomes));
}

/**
 * Whether another try may go better.
 * @param {Problem | null} problem
 */
export function isPassing(problem) {
  return (
    problem !== null && (problem.status === 0 || problem.status === 429 || problem.status >= 500)
  );
}
