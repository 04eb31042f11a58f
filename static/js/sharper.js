// @ts-check
/** What comes after a picture is drawn: words that follow it, and sharper numbers. */

import { isSame } from "./lib/paths.js";

/** @import { ExplorerStore } from "./lib/captures/types.js" */

/** A picture that gets sharper is drawn again no sooner. */
const AGAIN_MS = 500;
/** Words follow the window once it rests: a thousand of them take as long as the matrix to lay out. */
const REST_MS = 250;

/**
 * Tell what is looked at once it is drawn and rests.
 * @param {ExplorerStore} store
 */
export function keepSeen(store) {
  let timer = 0;
  const tell = () => {
    const { zoom, region, kind, seen, isBusy } = store.get();
    if (isBusy || region?.of.kind !== kind) return; // the picture tells when it is there
    const next = zoom ? { query: region.query, key: region.key } : null;
    if (!isSame(seen, next)) store.set({ seen: next });
  };
  store.watch(["region", "zoom", "kind"], ({ region, zoom, seen }) => {
    clearTimeout(timer);
    if (!seen && !zoom) return;
    timer = window.setTimeout(tell, REST_MS);
  });
}

/**
 * Ask again for what was drawn from some of its rows, as more of them are known: one time after the
 * other, for on a busy machine a question that is taken back for the next is never answered.
 * @param {ExplorerStore} store
 * @param {() => Promise<void>} start
 */
export function keepSharp(store, start) {
  let known = "";
  let isAsking = false;
  const again = async () => {
    const { overview, region, isBusy } = store.get();
    const isMeant = overview && region?.sampled && isSame(overview.of, region.of);
    // What is on its way will be as sharp.
    if (isAsking || isBusy || !isMeant) return;
    const now = JSON.stringify([overview.of, overview.done, overview.state]);
    if (now === known) return;
    known = now;
    isAsking = true;
    await Promise.all([start(), new Promise((done) => setTimeout(done, AGAIN_MS))]);
    isAsking = false;
    again();
  };
  store.watch(["overview", "isBusy"], again);
}
