// @ts-check
/** What the page asks the server of files of tensors. */

import { getJson, postFile } from "./ask.js";

/** @import { Capture } from "./lib/captures/types.js" */

/** Characters of the name of a file that become the capture's. */
const LONGEST_NAME = 80;

const { api } = document.documentElement.dataset;

/** @returns {Promise<number>} bytes that an upload may have */
export const fetchUploadLimit = async () => (await getJson(`${api}/info`)).limits.max_upload_bytes;

/**
 * Capture a file of tensors.
 * @param {File} file
 * @param {"safetensors" | "npz"} format
 * @param {{told: (sent: number) => void, signal: AbortSignal}} tell
 * @returns {Promise<Capture>}
 */
export const captureTensors = (file, format, tell) => {
  const fields = new URLSearchParams({ source: "tensors", format });
  const name = file.name.replace(/\.\w+$/, "").trim();
  if (name) fields.set("name", name.slice(0, LONGEST_NAME));
  return postFile(`${api}/captures?${fields}`, file, tell);
};
