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
