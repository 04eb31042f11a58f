// @ts-check
/** What a model is asked, and which field a refusal is about. Pure. */

/** @import { Model } from "./types.js" */
/** @import { Problem, Request } from "../../types.js" */

/** @param {Model} model what is not known yet is offered */
export function takesText({ accepts }) {
  return accepts.length === 0 || accepts.includes("text") || accepts.includes("pair");
}

/** @param {Model} model */
export function takesImage({ accepts }) {
  return accepts.length === 0 || accepts.includes("image") || accepts.includes("pair");
}

/** Of shorter texts nobody needs to know before what they take. */
const SHORT_TEXT = 200;

/**
 * Whether to ask what a capture would take: the model is here, and the text is long.
 * @param {Model} model
 * @param {string} text
 */
export function isWorthEstimate(model, text) {
  const isHere = model.state === "loaded" || model.state === "here";
  return isHere && takesText(model) && !takesImage(model) && text.length >= SHORT_TEXT;
}

/** @param {string} example a text, or the name of an image */
export function isImageName(example) {
  return /^[\w-]+\.(png|jpe?g|webp)$/i.test(example);
}

/**
 * The text that a model starts with: the models that ship here learned one thing each, and have
 * their own; others read what the workbench has.
 * @param {Model} model
 * @param {Request} request of the workbench
 */
export function firstText({ source, examples }, { text, tokens }) {
  const own = examples.find((example) => !isImageName(example)) ?? "";
  const written = text ?? tokens?.join(" ") ?? "";
  return source === "zoo" ? own : written.trim() || own;
}

/**
 * The fields of the form that a problem is about, each with what the server says of it.
 * @param {Pick<Problem, "errors">} problem
 * @param {string[]} fields
 * @returns {{field: string | null, message: string}[]} null where none of them is
 */
export function faultsOf({ errors }, fields) {
  return errors.map(({ loc, message }) => {
    const field = loc.findLast((step) => fields.includes(String(step)));
    return { field: field === undefined ? null : String(field), message };
  });
}
