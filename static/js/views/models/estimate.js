// @ts-check
/** What the capture will take, told while it is written; and the smaller one where it does not fit. */

import { latestOnly } from "../../latest.js";
import { estimateCapture } from "../../models.js";
import { writeLayers } from "../../lib/captures/layers.js";
import { sizeOf } from "../../lib/captures/sizes.js";
import { find, make } from "../../lib/dom.js";
import { spoken, t } from "../../lib/i18n.js";
import { detailOf } from "../banner.js";
import { duration } from "../durations.js";

/** @import { Estimate } from "../../lib/captures/types.js" */
/** @import { Problem } from "../../types.js" */

/** How long nothing is typed before the server is asked. */
const QUIET_MS = 500;

/**
 * @param {{wanted: () => Record<string, any> | null, keepOnly: (layers: number[]) => void}} form
 *   what would be captured, null where an estimate is not worth asking for; and taking an offer
 */
export function mountEstimate({ wanted, keepOnly }) {
  const place = find("models-cost");
  let timer = 0;
  /** What the last answer is of. @type {string} */
  let told = "";
  /** @param {boolean} fits @param {(Node | null)[]} lines */
  const show = (fits, ...lines) => {
    place.classList.toggle("models__cost--problem", !fits);
    place.replaceChildren(...lines.filter((line) => line !== null));
  };
  /** @param {number[]} layers */
  const offer = (layers) => {
    const text = t("Keep layers {layers} only", { layers: writeLayers(layers) });
    const button = make("button", { class: "button button--small", type: "button", text });
    button.addEventListener("click", () => {
      keepOnly(layers);
      again();
    });
    return button;
  };
  const ask = latestOnly(estimateCapture, {
    /** @param {Estimate} estimate */
    done: (estimate) =>
      show(
        estimate.fits,
        make("p", { text: costWords(estimate) }),
        estimate.fits
          ? null
          : make("p", { class: "field__problem", text: t("It does not fit here.") }),
        estimate.why ? make("p", { lang: "en", text: estimate.why }) : null,
        estimate.offer ? offer(estimate.offer.layers) : null,
      ),
    /** @param {Problem} problem */
    failed: (problem) => {
      const isRefused = problem.status === 422; // the others may pass until it is sent
      const line = make("div", { class: "field__problem" }, detailOf(problem));
      show(!isRefused, isRefused ? line : null);
    },
  });
  /** Ask again once nothing changes any more. */
  const again = () => {
    const source = wanted();
    const now = JSON.stringify(source);
    if (now === told) return;
    told = now;
    clearTimeout(timer);
    ask.stop();
    if (source) timer = window.setTimeout(() => ask.start(source), QUIET_MS);
    else show(true);
  };
  return { again };
}

/** @param {Estimate} estimate */
function costWords({ n_tokens: tokens, seconds, disk_bytes: bytes }) {
  /** @param {number} count */
  const counted = (count) => count.toLocaleString(spoken());
  const [queries, keys] = [tokens?.query ?? 0, tokens?.key ?? 0].map(counted);
  const both = t("{queries} queries, {keys} keys", { queries, keys });
  return [
    tokens ? (queries === keys ? t("{count} tokens", { count: queries }) : both) : "",
    seconds === null ? "" : duration(seconds),
    t("{size} on disk", { size: sizeOf(bytes) }),
  ]
    .filter(Boolean)
    .join(" · ");
}
