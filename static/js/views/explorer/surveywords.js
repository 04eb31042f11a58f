// @ts-check
/** The words for a picture that is a sample, and for the whole of it that is computed. */

import { isUnderWay } from "../../lib/captures/overviews.js";
import { sizeOf } from "../../lib/captures/sizes.js";
import { make } from "../../lib/dom.js";
import { spoken, t } from "../../lib/i18n.js";
import { wordsFor } from "../banner.js";
import { duration, timeLeft } from "../durations.js";

/** @import { Overview } from "../../lib/captures/types.js" */

/** A capture that is gone, and limits: another try would meet them again. */
const FOR_GOOD = [404, 413, 422, 507];

/**
 * What stands between the picture and the whole of it.
 * @param {Overview} overview
 * @returns {HTMLElement[]}
 */
export function surveyWords({ state, estimate, problem, isLost }) {
  if (isLost) return [line(t("The server is not heard; the page asks again."))];
  if (state === "waiting") return [line(t("Waiting for its turn"))];
  if (state === "running")
    return [make("span", { class: "overview__doing", text: doing(estimate) })];
  if (problem) return troubleOf(problem);
  return estimate && !estimate.fits ? tooLarge(estimate) : [];
}

/** @param {Overview} overview whether the reader may have it computed */
export function mayStart({ state, needed, estimate, problem }) {
  if (!needed || estimate?.fits === false || FOR_GOOD.includes(problem?.status ?? 0)) return false;
  return state === "none" || state === "failed";
}

/** @param {Overview} overview */
export function startWords({ state, estimate }) {
  if (state === "failed") return t("Try again");
  const cost = estimate ? costOf(estimate) : "";
  return cost ? t("Compute the whole picture ({cost})", { cost }) : t("Compute the whole picture");
}

/** @param {Overview} overview that is computed */
export function progressWords({ state, done, total, eta_s }) {
  if (state === "waiting") return "";
  const [is, of] = [done, total].map((count) => count.toLocaleString(spoken()));
  const counted = t("{done} of {total} rows", { done: is, total: of });
  return [counted, timeLeft(eta_s)].filter(Boolean).join(" · ");
}

/**
 * One sentence for those who listen, the same while the state is.
 * @param {Overview} overview
 */
export function spokenWords(overview) {
  const { state, needed, problem } = overview;
  if (!needed) return "";
  if (state === "ready") return t("The whole picture is there.");
  if (isUnderWay(overview)) return doing(overview.estimate);
  return problem ? wordsFor(problem, false)[0] : "";
}

/** @param {Overview["estimate"]} estimate */
function doing(estimate) {
  const cost = estimate ? costOf(estimate) : "";
  return cost
    ? t("Computing the whole picture ({cost})", { cost })
    : t("Computing the whole picture");
}

/** @param {NonNullable<Overview["estimate"]>} estimate */
function costOf({ seconds, bytes }) {
  const time = seconds === null ? [] : [duration(seconds)];
  return [...time, sizeOf(bytes)].join(", ");
}

/** @param {NonNullable<Overview["estimate"]>} estimate */
function tooLarge({ bytes, offer }) {
  const size = sizeOf(bytes);
  const [rows = 0] = offer?.rectangle ?? [];
  const way = t("Zoom in: up to {rows} queries are drawn exactly.", {
    rows: rows.toLocaleString(spoken()),
  });
  const words = line(t("The whole picture needs {size}, which does not fit here.", { size }));
  return rows > 0 ? [words, line(way)] : [words];
}

/** @param {import("../../types.js").Problem} problem */
function troubleOf(problem) {
  const [title, way] = wordsFor(problem, false);
  const trouble = make("strong", { class: "overview__problem", text: title });
  return [
    trouble,
    ...(problem.detail ? [line(problem.detail, "en")] : []),
    ...(way ? [line(way)] : []),
  ];
}

/** @param {string} text @param {string} [lang] of what is the server's */
function line(text, lang) {
  return make("span", { text, lang });
}
