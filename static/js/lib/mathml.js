// @ts-check
/** Formulas: MathML that the catalogue brings, put behind the name of what it gives. */

const NAMESPACE = "http://www.w3.org/1998/Math/MathML";

/**
 * A formula of the catalogue as an element, parsed as XML and never as HTML.
 * @param {string} markup
 * @param {{name: string, indices: string[]} | null} gives what the formula computes
 */
export function formula(markup, gives) {
  const math = element("math");
  math.setAttribute("displaystyle", "true");
  if (gives) math.append(indexed(gives), element("mo", "="));
  const parsed = new DOMParser().parseFromString(markup, "application/xml").documentElement;
  if (parsed.localName === "math") math.append(...document.importNode(parsed, true).childNodes);
  return math;
}

/** @param {{name: string, indices: string[]}} gives */
function indexed({ name, indices }) {
  const row = element("mrow");
  row.append(...indices.map((index) => element("mi", index)));
  const whole = element("msub");
  whole.append(element("mi", name), row);
  return whole;
}

/**
 * @param {string} name
 * @param {string} [text]
 */
function element(name, text) {
  const made = document.createElementNS(NAMESPACE, name);
  if (text) made.textContent = text;
  return made;
}
