// @ts-check
/** How long something takes, in words that promise no more than is known. */

import { t } from "../lib/i18n.js";

/** @param {number} seconds */
export function duration(seconds) {
  if (seconds < 1) return t("less than a second");
  if (seconds < 90) return t("about {count} s", { count: Math.ceil(seconds) });
  if (seconds < 90 * 60) return t("about {count} min", { count: Math.round(seconds / 60) });
  return t("about {count} h", { count: Math.round(seconds / 3600) });
}

/** @param {number | null} seconds what is left; null where nobody knows */
export function timeLeft(seconds) {
  return seconds === null ? "" : t("{time} left", { time: duration(seconds) });
}
