// @ts-check
/** Opening tensors: a dialog that takes a file, sends it, and leads to the capture. */

import { ProblemError } from "../../ask.js";
import { captureTensors, fetchUploadLimit } from "../../tensors.js";
import { formatOf } from "../../lib/captures/uploads.js";
import { sizeOf } from "../../lib/captures/sizes.js";
import { find, make } from "../../lib/dom.js";
import { t } from "../../lib/i18n.js";
import { detailOf, wordsFor } from "../banner.js";
import { goTo } from "../models/address.js";
import { clearProblem, showProblem } from "../problems.js";
import { mountSnippet } from "./snippet.js";
import { showSent } from "./sent.js";

/** @import { Problem } from "../../types.js" */

/** Mount the dialog. */
export function mountTensors() {
  const dialog = /** @type {HTMLDialogElement} */ (find("tensors"));
  const input = /** @type {HTMLInputElement} */ (find("tensors-file"));
  const send = /** @type {HTMLButtonElement} */ (find("tensors-send"));
  let most = Infinity;
  /** @type {AbortController | null} */
  let sending = null;
  const file = () => input.files?.[0] ?? null;
  const redraw = () => {
    const chosen = file();
    send.disabled = !chosen || sending !== null || faultOf(chosen, most) !== "";
    input.disabled = sending !== null;
    find("tensors-stop").hidden = sending === null;
    if (!sending) find("tensors-progress").hidden = true;
  };
  const choose = () => {
    const chosen = file();
    showRefused(null);
    clearProblem(placeOfFile());
    find("tensors-chosen").textContent = chosen ? `${chosen.name} · ${sizeOf(chosen.size)}` : "";
    const fault = chosen ? faultOf(chosen, most) : "";
    if (fault) showProblem(placeOfFile(), fault);
    redraw();
  };
  const start = async () => {
    const chosen = file();
    const format = formatOf(chosen?.name ?? "");
    if (!chosen || !format) return;
    showRefused(null);
    sending = new AbortController();
    const { signal } = sending;
    redraw();
    try {
      const { id } = await captureTensors(chosen, format, { told: showSent(chosen.size), signal });
      goTo(id);
    } catch (error) {
      if (error instanceof ProblemError) showRefused(error.problem);
      else if (!signal.aborted) throw error;
      sending = null;
      redraw();
    }
  };
  input.addEventListener("change", choose);
  find("tensors-stop").addEventListener("click", () => {
    sending?.abort();
    input.focus();
  });
  dialog.addEventListener("close", () => sending?.abort());
  find("tensors-form").addEventListener("submit", (event) => {
    event.preventDefault();
    start();
  });
  // A page that is come back to may be as it was left: sending.
  window.addEventListener("pageshow", ({ persisted }) => {
    if (persisted) sending = null;
    redraw();
  });
  mountSnippet();
  find("tensors-open").addEventListener("click", async () => {
    dialog.showModal();
    most = await fetchUploadLimit().catch(() => Infinity); // which the server keeps, too
    if (!sending) choose();
  });
}

/**
 * @param {File} file
 * @param {number} most bytes
 * @returns {string} empty where nothing speaks against sending it
 */
function faultOf({ name, size }, most) {
  if (!formatOf(name)) return t("Choose a file that ends in .safetensors or .npz.");
  if (size === 0) return t("This file is empty.");
  const sizes = { size: sizeOf(size), most: sizeOf(most) };
  if (size > most) {
    return t("This file has {size}; the server takes {most}. Send fewer heads, or halves.", sizes);
  }
  return "";
}

function placeOfFile() {
  return /** @type {HTMLElement} */ (find("tensors").querySelector("[data-path='file']"));
}

/** @param {Problem | null} problem */
function showRefused(problem) {
  const place = find("tensors-problem");
  place.hidden = !problem;
  if (!problem) return;
  const [title, way] = wordsFor(problem, false);
  place.replaceChildren(
    make("p", { class: "banner__title", text: title }),
    ...(problem.detail ? [detailOf(problem)] : []),
    ...(way ? [make("p", { class: "banner__way", text: way })] : []),
  );
}
