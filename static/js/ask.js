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
 * @param {string} url
 * @param {RequestInit} [options]
 */
async function answerOf(url, options) {
  const response = await fetch(url, options).catch((error) => {
    if (error.name === "AbortError") throw error;
    throw new ProblemError({ status: 0, title: "", detail: "", errors: [] });
  });
  if (response.ok) return response;
  const body = await response.json().catch(() => ({}));
  const { title = response.statusText, detail = "", errors = [] } = body;
  throw new ProblemError({ ...body, status: response.status, title, detail, errors });
}
