// @ts-check
/** Heads that are made of several: each member has its own scores, and all have one weight. */

import { valueAt } from "./matrices.js";

/** @import { Answer, Matrix } from "../types.js" */

/** @typedef {Pick<Answer, "scores" | "weights">} Both */

/**
 * How many score heads make one head; one as a rule.
 * @param {Both} answer
 */
export function membersOf({ scores, weights }) {
  return Math.max(1, Math.round(scores.shape[0] / weights.shape[0]));
}

/**
 * The score head of a member; the last one where there are fewer.
 * @param {Both} answer
 * @param {number} head
 * @param {number} member
 */
export function scoreHead(answer, head, member) {
  const members = membersOf(answer);
  return head * members + Math.min(member, members - 1);
}

/**
 * The scores of one cell, one a member.
 * @param {Both} answer
 * @param {number} head
 * @param {number} query
 * @param {number} key
 */
export function scoresAt(answer, head, query, key) {
  return Array.from({ length: membersOf(answer) }, (_, member) =>
    valueAt(answer.scores, scoreHead(answer, head, member), query, key),
  );
}

/**
 * What a member is called.
 * @param {number} member
 */
export function memberName(member) {
  return `A${"₁₂₃₄₅₆₇₈₉"[member] ?? member + 1}`;
}

/**
 * Whether a weight has no score to stand for: every member is forbidden there.
 * @param {Matrix} scores
 * @param {Matrix} weights
 * @returns {(index: number) => boolean} by place in the weights
 */
export function gapsOf(scores, weights) {
  const members = membersOf({ scores, weights });
  const size = weights.shape[1] * weights.shape[2];
  return (index) => {
    const first = index + Math.floor(index / size) * (members - 1) * size;
    for (let place = first; place < first + members * size; place += size) {
      if (!Number.isNaN(scores.data[place])) return false;
    }
    return true;
  };
}
