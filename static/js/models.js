// @ts-check
/** What the page asks the server of models, and has them capture. */

import { getFile, getJson, json } from "./ask.js";

/** @import { Capture, Estimate, Model } from "./lib/captures/types.js" */

/** Characters of the name of a file that become the capture's. */
const LONGEST_NAME = 80;

const { api } = document.documentElement.dataset;

/** @returns {Promise<Model[]>} */
export const fetchModels = async () => (await getJson(`${api}/models`)).models;

/** @param {string} model @param {string} name of an image */
export const exampleAddress = (model, name) =>
  `${api}/models/${encodeURIComponent(model)}/examples/${encodeURIComponent(name)}`;

/** @param {string} model @param {string} name of an image @returns {Promise<File>} */
export const fetchExample = (model, name) => getFile(exampleAddress(model, name), name);

/**
 * Capture a model on a text.
 * @param {Record<string, any>} source
 * @returns {Promise<Capture>}
 */
export const captureText = (source) =>
  getJson(`${api}/captures`, { method: "POST", ...json({ source }) });

/**
 * What a capture would take.
 * @param {Record<string, any>} source
 * @param {AbortSignal} signal
 * @returns {Promise<Estimate>}
 */
export const estimateCapture = (source, signal) =>
  getJson(`${api}/captures/estimate`, { method: "POST", ...json({ source }), signal });

/**
 * Capture a model on an image.
 * @param {{model: string, text: string, image: File}} source
 * @returns {Promise<Capture>}
 */
export const captureImage = ({ model, text, image }) => {
  const fields = new URLSearchParams({ source: "model", model });
  if (text) fields.set("text", text);
  const name = image.name.replace(/\.\w+$/, "");
  if (name) fields.set("name", name.slice(0, LONGEST_NAME));
  const headers = { "Content-Type": image.type };
  return getJson(`${api}/captures?${fields}`, { method: "POST", headers, body: image });
};
