// @ts-check
/** The only module that calls the server; what is asked, others know. */

/** @import { Problem } from "./types.js" */

/** The server's answer was a problem, or it gave none. */
export class ProblemError extends Error {
  /** @param {Problem} problem */
  constructor(problem) {
    super(problem.detail);
    this.problem = problem;
  }
}

/**
 * Whether the same question may be answered in a while: by a busy server, or one that comes back.
 * @param {Pick<Problem, "status">} problem
 */
export function isPassing({ status }) {
  return status === 0 || status === 429 || status === 503;
}

/**
 * Ask, and read the answer as JSON; one without a body is an empty object.
 * @param {string} url
 * @param {RequestInit} [options]
 * @returns {Promise<any>}
 */
export async function getJson(url, options) {
  const response = await answerOf(url, options);
  return response.json().catch(() => ({}));
}

/**
 * Ask for a file.
 * @param {string} url
 * @param {string} name
 */
export async function getFile(url, name) {
  const blob = await (await answerOf(url)).blob();
  return new File([blob], name, { type: blob.type });
}

/**
 * A body of JSON, with its header.
 * @param {object} body
 */
export function json(body) {
  return { headers: { "Content-Type": "application/json" }, body: JSON.stringify(body) };
}

/**
 * Send a file, and tell how much of it has gone, which fetch does not know.
 * @param {string} url
 * @param {File} file
 * @param {{told: (sent: number) => void, signal: AbortSignal}} tell
 * @returns {Promise<any>}
 */
export function postFile(url, file, { told, signal }) {
  const request = new XMLHttpRequest();
  return new Promise((resolve, reject) => {
    request.upload.addEventListener("progress", ({ loaded }) => told(loaded));
    request.addEventListener("load", () => {
      const { status, statusText, response } = request;
      if (status < 300) resolve(response ?? {});
      else reject(problemOf(status, statusText, response ?? {}));
    });
    request.addEventListener("error", () => reject(unanswered()));
    request.addEventListener("abort", () => reject(signal.reason));
    signal.addEventListener("abort", () => request.abort());
    request.open("POST", url);
    request.responseType = "json"; // null where it is none
    request.setRequestHeader("Content-Type", "application/octet-stream");
    request.send(file);
  });
}

/**
 * @param {string} url
 * @param {RequestInit} [options]
 */
async function answerOf(url, options) {
  const response = await fetch(url, options).catch((error) => {
    if (error.name === "AbortError") throw error;
    throw unanswered();
  });
  if (response.ok) return response;
  const body = await response.json().catch(() => ({}));
  throw problemOf(response.status, response.statusText, body);
}

/**
 * @param {number} status
 * @param {string} statusText
 * @param {any} body
 */
function problemOf(status, statusText, body) {
  const { title = statusText, detail = "", errors = [] } = body;
  return new ProblemError({ ...body, status, title, detail, errors });
}

function unanswered() {
  return new ProblemError({ status: 0, title: "", detail: "", errors: [] });
}
