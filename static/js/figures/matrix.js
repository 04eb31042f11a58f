// @ts-check
/** One panel as a Plotly figure: one head, or all heads as small multiples. Pure. */

import { colourAt, plotScale } from "../lib/colour.js";
import { columnAxis, rowAxis } from "./axes.js";
import { colourBar } from "./bar.js";
import { hatchedGround } from "./hatch.js";
import { numbersInCells } from "./cells.js";

/** @import { Box, Frame } from "./plan.js" */
/** @import { Words } from "./axes.js" */
/** @import { Theme } from "../lib/theme.js" */
/** @import { Rgb } from "../lib/colour.js" */

/**
 * @typedef {object} Picture
 * @property {Frame} frame
 * @property {number[]} shown which heads those are
 * @property {ArrayLike<number>[][]} heads rows of each head that is shown
 * @property {string[]} titles one a head; shown when there are several
 * @property {string[]} axes what the columns and the rows are
 * @property {Words} rows
 * @property {Words} columns
 * @property {[number, number]} range real, shared by all heads
 * @property {string} [unit] of the numbers, where no title beside the picture tells it
 * @property {boolean} isSigned
 * @property {boolean} hasGaps
 * @property {Box} [known] the part of the one plot that the rows are of; all of it when absent
 * @property {Theme} theme
 */

/**
 * @param {Picture} picture
 * @returns {{data: any[], layout: Record<string, any>}}
 */
export function matrixFigure(picture) {
  const { frame, heads, theme } = picture;
  const { colours, zmin, zmax } = colourScale(picture);
  const shared = { type: "heatmap", zmin, zmax, colorscale: plotScale(colours), showscale: false };
  /**
   * Under what is known only: elsewhere a hatch would say that cells are masked.
   * @param {Picture} picture
   */
  function groundsOf({ frame, known, theme }) {
    const boxes = known ? [known] : frame.plots;
    const seen = boxes.filter(({ width, height }) => width > 0 && height > 0);
    return seen.map((box) => hatchedGround(box, frame, theme));
  }

  /** @type {Record<string, any>} */
  const layout = {
    width: frame.width,
    height: frame.height,
    margin: { l: 0, r: 0, t: 0, b: 0, pad: 0 },
    paper_bgcolor: "rgba(0, 0, 0, 0)",
    plot_bgcolor: "rgba(0, 0, 0, 0)",
    font: { family: theme.font, color: theme.text, size: 12.5 },
    hovermode: "closest",
    images: picture.hasGaps ? groundsOf(picture) : [],
    annotations: heads.length > 1 ? frame.plots.map((_, head) => headTitle(picture, head)) : [],
  };
  const data = heads.map((z, index) => {
    const [plot, id] = [frame.plots[index], index === 0 ? "" : String(index + 1)];
    layout[`xaxis${id}`] = { ...columnAxis(frame, plot, picture.columns, theme), anchor: `y${id}` };
    layout[`yaxis${id}`] = { ...rowAxis(frame, plot, picture.rows, theme), anchor: `x${id}` };
    const axes = { xaxis: `x${id}`, yaxis: `y${id}` };
    return { ...shared, ...axes, z, hoverinfo: "none" };
  });
  const numbers = heads.length === 1 ? numbersInCells(picture, colourOf(picture)) : [];
  const bar = colourBar(picture, heads.length + 1);
  layout.annotations.push(...bar.ends, ...axisTitles(picture));
  return {
    data: [...data, { ...shared, ...bar.trace }, ...numbers],
    layout: { ...layout, ...bar.axes },
  };
}

/** @param {Picture} picture */
function colourScale({ range: [low, high], isSigned, theme }) {
  const reach = Math.max(Math.abs(low), Math.abs(high)) || 1;
  return isSigned
    ? { colours: theme.diverging, zmin: -reach, zmax: reach }
    : { colours: theme.sequential, zmin: 0, zmax: reach };
}

/**
 * @param {Picture} picture
 * @param {number} head
 */
function headTitle({ frame, titles, theme }, head) {
  const plot = frame.plots[head];
  return {
    text: titles[head],
    showarrow: false,
    font: { size: 11, color: theme.muted, family: theme.font },
    xref: "paper",
    yref: "paper",
    x: plot.left / frame.width,
    y: 1 - plot.top / frame.height,
    xanchor: "left",
    yanchor: "bottom",
    borderpad: 0,
  };
}

/**
 * What the axes are: in the empty corner, or in one line beside the colour bar.
 * @param {Picture} picture
 */
function axisTitles({ frame, axes, theme }) {
  const { x, y, isOneLine } = frame.titles;
  return [
    {
      text: isOneLine ? [...axes].reverse().join("  ") : axes.join("<br>"),
      font: { size: 11, color: theme.muted, family: theme.font },
      ...{ showarrow: false, borderpad: 0, xref: "paper", yref: "paper", align: "right" },
      ...{ x: x / frame.width, y: 1 - y / frame.height, xanchor: "right", yanchor: "bottom" },
    },
  ];
}

/**
 * The colour of one number in a picture, for what is drawn beside it.
 * @param {{range: [number, number], isSigned: boolean, theme: Theme}} look
 * @returns {(value: number) => Rgb}
 */
export function colourOf(look) {
  const { colours, zmin, zmax } = colourScale(/** @type {Picture} */ (look));
  return (value) => {
    return colourAt(colours, (value - zmin) / (zmax - zmin));
  };
}
