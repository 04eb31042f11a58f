// @ts-check
/** The only module that knows Plotly, which a script tag puts on the window: the page's, or ours. */

const CONFIG = { displayModeBar: false, doubleClick: false, showTips: false, responsive: false };

/** @returns {any} */
const plotly = () => Reflect.get(window, "Plotly");

export const isLoaded = () => Boolean(plotly());

/**
 * Load the library on a page that has better things to do first: reading it takes a second in which
 * nothing else happens. The page says where it is, and has it fetched meanwhile.
 * @param {() => void} done
 */
export function load(done) {
  const { href } = /** @type {HTMLLinkElement} */ (document.getElementById("plotly"));
  const script = document.createElement("script");
  script.addEventListener("load", done);
  script.src = href;
  document.head.append(script);
}

/**
 * @typedef {object} Hit a cell of the picture
 * @property {number} trace
 * @property {number} row
 * @property {number} column
 */

/**
 * Draw a figure, or turn the drawn one into it.
 * @param {HTMLElement} element
 * @param {{data: object[], layout: object}} figure
 */
export function draw(element, { data, layout }) {
  // A finger that drags scrolls the page; a mouse that drags zooms.
  const dragmode = matchMedia("(pointer: coarse)").matches ? false : "zoom";
  return plotly().react(element, data, { ...layout, dragmode }, CONFIG);
}

/**
 * Draw a figure on which the page itself follows the pointer.
 * @param {HTMLElement} element
 * @param {{data: object[], layout: object}} figure
 */
export function drawStill(element, { data, layout }) {
  move(element, null);
  const still = { ...layout, dragmode: false, hovermode: false };
  return plotly().react(element, data, still, CONFIG);
}

/** @typedef {{scale: number, shift: number}} Way of a pixel of the plot, along one axis */

/**
 * Move what is drawn in the first plot, and its ticks, without drawing: a picture of 512² cells takes
 * some 50 ms to draw, and less than one to move.
 * @param {HTMLElement} element
 * @param {{x: Way, y: Way} | null} ways null puts everything back
 */
export function move(element, ways) {
  const layers = element.querySelectorAll(".overplot > .xy > g");
  const to =
    ways &&
    `translate(${ways.x.shift}px, ${ways.y.shift}px) scale(${ways.x.scale}, ${ways.y.scale})`;
  for (const layer of layers) /** @type {SVGElement} */ (layer).style.transform = to ?? "";
  clipGround(element, ways);
  for (const letter of /** @type {const} */ (["x", "y"])) {
    const ticks = element.querySelectorAll(`.${letter}axislayer-above .${letter}tick`);
    if (!ways) ticks.forEach((tick) => tick.removeAttribute("style"));
    else moveTicks(element, letter, ticks, ways[letter]);
  }
}

/**
 * The ground of masked cells, only where the picture has come to stand: beside it nothing is known.
 * @param {any} element with what Plotly knows of it
 * @param {{x: Way, y: Way} | null} ways
 */
function clipGround(element, ways) {
  for (const image of element.querySelectorAll(".layer-below .imagelayer image")) {
    /** @param {"x" | "y"} letter @param {"width" | "height"} size @param {Way} way */
    const beside = (letter, size, { scale, shift }) => {
      const from = image.getAttribute(letter) - element._fullLayout[`${letter}axis`]._offset;
      const to = from + Number(image.getAttribute(size));
      const ends = [shift + scale * from - from, to - shift - scale * to];
      return ends.map((end) => `${Math.max(end, 0)}px`);
    };
    if (!ways) image.style.clipPath = "";
    else {
      const [left, right] = beside("x", "width", ways.x);
      const [top, bottom] = beside("y", "height", ways.y);
      image.style.clipPath = `inset(${top} ${right} ${bottom} ${left})`;
    }
  }
}

/**
 * @param {any} element with what Plotly knows of it
 * @param {"x" | "y"} letter
 * @param {NodeListOf<Element>} ticks each with the place that Plotly drew it at
 * @param {Way} way
 */
function moveTicks(element, letter, ticks, { scale, shift }) {
  const axis = element._fullLayout[`${letter}axis`];
  for (const tick of ticks) {
    const { style } = /** @type {SVGElement} */ (tick);
    const place = axis.l2p(Reflect.get(tick, "__data__").x);
    const next = place * scale + shift;
    style.transform = `translate${letter.toUpperCase()}(${next - place}px)`;
    style.visibility = next < -1 || next > axis._length + 1 ? "hidden" : "";
  }
}

/**
 * Tell what the reader does with a drawn figure.
 * @param {HTMLElement} element
 * @param {object} tell
 * @param {(hit: Hit) => void} tell.pointed
 * @param {() => void} tell.left
 * @param {(hit: Hit) => void} tell.chosen
 * @param {(changes: Record<string, any>) => void} tell.moved
 */
export function listen(element, { pointed, left, chosen, moved }) {
  /** @type {any} */
  const graph = element;
  graph.on("plotly_hover", (/** @type {any} */ event) => pointed(hitOf(event)));
  graph.on("plotly_unhover", left);
  graph.on("plotly_click", (/** @type {any} */ event) => chosen(hitOf(event)));
  graph.on("plotly_relayout", moved);
  graph.on("plotly_doubleclick", () => moved({ isReset: true }));
}

/**
 * A figure as a PNG.
 * @param {{data: object[], layout: any}} figure
 * @param {number} scale pixels of the file for one of the page
 * @returns {Promise<string>} a data URL
 */
export function picture({ data, layout }, scale) {
  const { width, height } = layout;
  return plotly().toImage({ data, layout }, { format: "png", width, height, scale });
}

/**
 * @param {any} event
 * @returns {Hit}
 */
function hitOf({ points: [point] }) {
  const [row, column] = point.pointIndex ?? point.pointNumber;
  return { trace: point.curveNumber, row, column };
}
