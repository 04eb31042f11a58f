// @ts-check
/** Where everything stands in the three panels: pure arithmetic in pixels. */

/** @typedef {{left: number, top: number, width: number, height: number}} Box */

/**
 * @typedef {object} Frame one panel's picture
 * @property {number} width
 * @property {number} height
 * @property {Box[]} plots one for each head that is shown
 * @property {Box} bar the colour bar
 * @property {boolean} hasLabels whether tokens stand beside the rows and over the columns
 * @property {boolean} isTurned whether the labels of the columns stand upright
 * @property {{x: number, y: number, isOneLine: boolean}} titles the lower end of the axes' titles
 */

/**
 * @typedef {object} Sizes
 * @property {number} width of each panel
 * @property {number} tallest height that the rows may take
 * @property {number} queries
 * @property {number} keys
 * @property {number} heads how many are shown at once
 * @property {number} queryLabel width of the longest, in pixels, no more than there is room
 * @property {number} keyLabel
 */

/** The titles of the axes: two lines in the corner, or one beside the bar of small multiples. */
const CORNER = { width: 78, height: 34, beside: 168 }; // Chinese stands higher than Latin
const GAP = 8;
/** Half a label may stand over the right edge of its column. */
const EDGE = 8;
const TITLE = 18;
const BAR = { height: 6, room: 44 };
const WIDEST_CELL = 72;
const LOWEST_PLOT = 160;

/**
 * Plan the panels so that the rows of all three stand at the same height.
 * @param {Sizes} sizes
 * @returns {{square: Frame, outputs: Frame}} scores and weights share one plan
 */
export function planPanels(sizes) {
  return sizes.heads > 1 ? planMultiples(sizes) : planOne(sizes);
}

/**
 * @param {Sizes} sizes
 */
function planOne({ width, tallest, queries, keys, queryLabel, keyLabel }) {
  const left = Math.max(Math.ceil(queryLabel) + GAP, CORNER.width);
  const room = width - left - EDGE;
  const cell = cellSize({ room, tallest, queries, keys }, LOWEST_PLOT);
  const isTurned = keyLabel + GAP > cell.width;
  const top = Math.max(Math.ceil(isTurned ? keyLabel : 14) + GAP, CORNER.height);
  const height = cell.height * queries;
  /** @param {number} plotWidth @param {boolean} turned @returns {Frame} */
  const frame = (plotWidth, turned) => ({
    width,
    height: top + height + BAR.room,
    plots: [{ left, top, width: plotWidth, height }],
    bar: { left, top: top + height + 14, width: plotWidth, height: BAR.height },
    hasLabels: true,
    isTurned: turned,
    titles: { x: left - GAP, y: top - 4, isOneLine: false },
  });
  return { square: frame(cell.width * keys, isTurned), outputs: frame(room, false) };
}

/**
 * @param {Sizes} sizes
 */
function planMultiples({ width, tallest, queries, keys, heads }) {
  const columns = Math.ceil(Math.sqrt(heads));
  const lines = Math.ceil(heads / columns);
  const room = (width - 2 - GAP * (columns - 1)) / columns;
  const cell = cellSize({ room, tallest: tallest / lines, queries, keys }, 0);
  const height = Math.max(cell.height * queries, 24);
  const total = lines * (height + TITLE + GAP);
  /** @param {number} plotWidth @returns {Frame} */
  const frame = (plotWidth) => ({
    width,
    height: total + BAR.room - GAP,
    plots: Array.from({ length: heads }, (_, head) => ({
      left: 1 + (head % columns) * (room + GAP),
      top: TITLE + Math.floor(head / columns) * (height + TITLE + GAP),
      width: plotWidth,
      height,
    })),
    bar: {
      left: 1,
      top: total + 6,
      width: Math.min(width - CORNER.beside, 240),
      height: BAR.height,
    },
    hasLabels: false,
    isTurned: false,
    titles: { x: width - 1, y: total + 16, isOneLine: true },
  });
  return { square: frame(Math.max(cell.width * keys, 16)), outputs: frame(room) };
}

/**
 * Square cells where they fit; a few rows are drawn higher, so that they can be seen and hit.
 * @param {{room: number, tallest: number, queries: number, keys: number}} sizes
 * @param {number} lowest height that the rows should take
 */
function cellSize({ room, tallest, queries, keys }, lowest) {
  const width = Math.min(room / keys, WIDEST_CELL);
  const high = Math.max(width, Math.min(lowest / queries, 24));
  const height = Math.min(tallest / queries, high);
  const isNearlySquare = queries / keys > 0.5 && queries / keys < 2;
  return { width: isNearlySquare ? Math.min(width, height) : width, height };
}
