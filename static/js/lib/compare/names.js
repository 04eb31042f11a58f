// @ts-check
/** Short names for specs, made from what differs between them, in the catalogue's own titles. */

import { choiceOf, told, toldAll, valuesOf } from "../parts.js";
import { isSame } from "../paths.js";
import { OUTSIDE_SPEC } from "../request.js";
import { fieldsOf } from "../schema.js";

/** @import { Catalogue, Part } from "../../types.js" */
/** @import { Told } from "../parts.js" */
/** @import { Spec } from "./columns.js" */

/** @typedef {(text?: string) => string} Translate */

/**
 * Letters for the columns, for a person who speaks of them.
 * @param {number} index
 */
export function letterOf(index) {
  return String.fromCharCode(65 + index);
}

/**
 * @param {Spec[]} specs
 * @param {Catalogue} catalogue
 * @param {Translate} t translates
 * @returns {string[]} one a spec: its letter where it has nothing to be named by
 */
export function namesOf(specs, catalogue, t) {
  const aspects = [...partAspects(specs, catalogue, t), ...looseAspects(specs, catalogue, t)];
  const differing = aspects.filter(({ values }) => values.some((each) => !isSame(each, values[0])));
  // Where nothing differs, what is not as usual names them, else how the rows are weighed.
  const special = aspects.filter(({ isPlain }) => !isPlain[0]);
  const last = aspects.filter(({ part }) => part === "normalizer");
  const telling = [differing, special, last].find((each) => each.length > 0) ?? [];
  return specs.map((_, index) => {
    // The first by all that differs, each other by what differs from the first.
    const from = telling.filter(({ values }) => !isSame(values[index], values[0]));
    const own = from.length > 0 ? from : telling;
    const unusual = own.filter(({ isPlain }) => !isPlain[index]);
    const [first, second] = [unusual, own].map((aspects) =>
      aspects.flatMap(({ words }) => words[index] || []).join(" · "),
    );
    return first || second || letterOf(index);
  });
}

/**
 * @typedef {object} Aspect
 * @property {string} part
 * @property {any[]} values one a spec
 * @property {boolean[]} isPlain whether the value is the default
 * @property {string[]} words
 */

/**
 * @param {Spec[]} specs
 * @param {Catalogue} catalogue
 * @param {Translate} t
 * @returns {Aspect[]}
 */
function partAspects(specs, { parts, presets }, t) {
  const inSpec = Object.entries(parts).filter(([name]) => !OUTSIDE_SPEC.includes(name));
  return inSpec.map(([name, part]) => {
    const values = specs.map((spec) => {
      const preset = presets.find(({ id }) => id === spec.preset);
      return membersOf(spec[name] ?? preset?.spec[name], part);
    });
    /** @param {Told} member @param {boolean} isAlone among all of its kind */
    const nameOf = (member, isAlone) => {
      const title = t(choiceOf(part, member.kind)?.title ?? member.kind);
      const name = isAlone ? title : valuesOf(member, part, parts, t);
      return member.kind === "none" ? `${t(part.title)}: ${name}` : name;
    };
    const kinds = values.map((members) => String(members.map(({ kind }) => kind)));
    const words = values.map((members, index) => {
      const isAlone = values.every(
        (other, at) => kinds[at] !== kinds[index] || isSame(other, members),
      );
      return members.map((member) => nameOf(member, isAlone)).join(" + ");
    });
    const isPlain = values.map((members) => isSame(members, [{ kind: part.default }]));
    return { part: name, values, isPlain, words };
  });
}

/**
 * @param {Spec[]} specs
 * @param {Catalogue} catalogue
 * @param {Translate} t
 * @returns {Aspect[]}
 */
function looseAspects(specs, { spec: schema }, t) {
  return fieldsOf(schema).map(({ name, title }) => {
    const values = specs.map((spec) => spec[name] ?? null);
    const words = values.map((value) => {
      // An object has no place here: a link may bring one.
      const isWord = value === null || typeof value !== "object";
      return isWord ? `${t(title)}: ${value ?? t("None")}` : "";
    });
    return { part: name, values, isPlain: values.map((value) => value === null), words };
  });
}

/**
 * @param {any} value
 * @param {Part} part
 * @returns {Told[]} the default alone where nothing was chosen
 */
function membersOf(value, part) {
  if (!part.multiple) return [told(value, part)];
  const members = toldAll(value, part).filter(({ kind }) => kind !== part.default);
  return members.length > 0 ? members : [{ kind: part.default }];
}
