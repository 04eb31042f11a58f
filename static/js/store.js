// @ts-check
/** The one place that holds what may change. Views read it, set it, and hear of changes. */

/** @import { State } from "./types.js" */

/**
 * @template {object} Held
 * @typedef {object} StoreOf
 * @property {() => Held} get
 * @property {(changes: Partial<Held>) => void} set
 * @property {(names: (keyof Held)[], listener: (state: Held) => void) => void} watch
 */

/** @typedef {StoreOf<State>} Store the workbench's */

/**
 * Make a store.
 * @template {object} Held
 * @param {Held} initial
 * @returns {StoreOf<Held>}
 */
export function createStore(initial) {
  let state = initial;
  /** @type {{names: (keyof Held)[], listener: (state: Held) => void}[]} */
  const watchers = [];
  return {
    get: () => state,
    set(changes) {
      const names = /** @type {(keyof Held)[]} */ (Object.keys(changes));
      const changed = names.filter((name) => changes[name] !== state[name]);
      if (changed.length === 0) return;
      state = { ...state, ...changes };
      for (const { names: watched, listener } of watchers) {
        if (watched.some((name) => changed.includes(name))) listener(state);
      }
    },
    watch(names, listener) {
      watchers.push({ names, listener });
    },
  };
}

/**
 * The state before anything was asked.
 * @returns {State}
 */
export function initialState() {
  return {
    request: {},
    answer: null,
    problem: null,
    isBusy: false,
    head: 0,
    member: 0,
    cell: null,
    panel: "outputs",
    pointed: null,
    explained: null,
    zoom: null,
    compare: null,
    outcomes: [],
  };
}
