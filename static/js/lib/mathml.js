// @ts-check
/** Formulas: MathML that the catalogue brings, put behind the name of what it gives. */

const NAMESPACE = "http://www.w3.org/1998/Math/MathML";

/**
 * A formula of the catalogue, parsed as XML and never as HTML. A browser breaks no line inside a
 * formula, so what stands apart by a comma and a space becomes a formula of its own.
 * @param {string} markup
 * @param {{name: string, indices: string[]} | null} gives what the formula computes
 */
export function formula(markup, gives) {
  const parsed = new DOMParser().parseFromString(markup, "application/xml").documentElement;
  const isOneRow = parsed.childElementCount === 1 && parsed.children[0].localName === "mrow";
  const row = isOneRow ? parsed.children[0] : parsed;
  const signs = parsed.localName === "math" ? [...row.children] : [];
  const whole = document.createDocumentFragment();
  let math = display();
  if (gives) math.append(indexed(gives), element("mo", "="));
  let depth = 0;
  signs.forEach((sign, at) => {
    depth += Number(isOne(sign, OPENING)) - Number(isOne(sign, CLOSING));
    math.append(document.importNode(sign, true));
    if (depth > 0 || !isOne(sign, [","]) || signs[at + 1]?.localName !== "mspace") return;
    whole.append(math);
    math = display();
  });
  whole.append(math);
  return whole;
}

const OPENING = ["(", "[", "{"];
const CLOSING = [")", "]", "}"];

/** @param {Element} sign @param {string[]} ones */
function isOne({ localName, textContent }, ones) {
  return localName === "mo" && ones.includes(textContent);
}

function display() {
  const math = element("math");
  math.setAttribute("displaystyle", "true");
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
