// @ts-check
/** The one place that holds what may change. Views read it, set it, and hear of changes. */

/** @import { State } from "./types.js" */

/**
 * @typedef {object} Store
 * @property {() => State} get
 * @property {(changes: Partial<State>) => void} set
 * @property {(names: (keyof State)[], listener: (state: State) => void) => void} watch
 */

/**
 * Make a store.
 * @param {State} initial
 * @returns {Store}
 */
export function createStore(initial) {
  let state = initial;
  /** @type {{names: (keyof State)[], listener: (state: State) => void}[]} */
  const watchers = [];
  return {
    get: () => state,
    set(changes) {
      const names = /** @type {(keyof State)[]} */ (Object.keys(changes));
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
