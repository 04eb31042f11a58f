// @ts-check
/** The request as code: what the page did, for a shell, a program and a notebook. */

/** @import { Request } from "../types.js" */

/**
 * @param {Request} request
 * @param {string} url
 */
export function curl(request, url) {
  const body = JSON.stringify(request, null, 2).replaceAll("'", String.raw`'\''`);
  return `curl -s ${url} \\\n  -H 'Content-Type: application/json' \\\n  -d '${body}'\n`;
}

/**
 * @param {Request} request
 * @param {string} url
 */
export function httpx(request, url) {
  return [
    "import httpx",
    "",
    `request = ${python(request)}`,
    `answer = httpx.post(${python(url)}, json=request).raise_for_status().json()`,
    'weights = answer["weights"]["data"]  # [head][query][key]',
    "",
  ].join("\n");
}

/**
 * @param {Request} request
 */
export function library(request) {
  return request.query === undefined ? fromTokens(request) : fromNumbers(request);
}

/** @param {Request} request */
function fromNumbers({ query, key, value, spec }) {
  const names = value === undefined ? "query, key" : "query, key, value";
  return [
    "import torch",
    "",
    "from attention_core import AttentionSpec, attend",
    "",
    `query = torch.tensor(${python(query)})`,
    `key = torch.tensor(${python(key)})`,
    ...(value === undefined ? [] : [`value = torch.tensor(${python(value)})`]),
    `spec = AttentionSpec.model_validate(${python(spec ?? {})})`,
    `result = attend(${names}, spec=spec)`,
    "result.scores(), result.weights(), result.outputs()",
    "",
  ].join("\n");
}

/** @param {Request} request */
function fromTokens(request) {
  const { text, tokens, context, context_text: contextText, embedding, projection, spec } = request;
  const isSplit = text !== undefined || contextText !== undefined;
  /** @param {string | undefined} written @param {string[] | undefined} list */
  const side = (written, list) =>
    written === undefined ? python(list ?? null) : `split_text(${python(written)})`;
  /** @param {string} type @param {any} value */
  const made = (type, value) => `TypeAdapter(${type}).validate_python(${python(plain(value))})`;
  const imports = [
    ...(embedding === undefined ? [] : ["AnyEmbedding"]),
    ...(projection === undefined ? [] : ["AnyProjection"]),
    "AttentionSpec",
    "attend_tokens",
    ...(isSplit ? ["split_text"] : []),
  ];
  const isAdapted = embedding !== undefined || projection !== undefined;
  return [
    ...(isAdapted ? ["from pydantic import TypeAdapter", ""] : []),
    `from attention_core import ${imports.join(", ")}`,
    "",
    `tokens = ${side(text, tokens)}`,
    `context = ${side(contextText, context)}`,
    `spec = AttentionSpec.model_validate(${python(spec ?? {})})`,
    "result = attend_tokens(",
    "    tokens,",
    "    context,",
    "    spec,",
    ...(embedding === undefined ? [] : [`    embedding=${made("AnyEmbedding", embedding)},`]),
    ...(projection === undefined ? [] : [`    projection=${made("AnyProjection", projection)},`]),
    ")",
    "result.scores(), result.weights(), result.outputs()",
    "",
  ].join("\n");
}

/** @param {any} value an id alone, or a part told in full */
function plain(value) {
  return typeof value === "string" ? { kind: value } : value;
}

/**
 * JSON data as a literal of Python.
 * @param {any} value
 * @returns {string}
 */
export function python(value) {
  if (value === null || value === undefined) return "None";
  if (typeof value === "boolean") return value ? "True" : "False";
  if (Array.isArray(value)) return `[${value.map(python).join(", ")}]`;
  if (typeof value !== "object") return JSON.stringify(value);
  const entries = Object.entries(value).filter(([, each]) => each !== undefined);
  return `{${entries.map(([name, each]) => `${JSON.stringify(name)}: ${python(each)}`).join(", ")}}`;
}
