// @ts-check
/** The numbers inside the cells, as soon as there is room for them. Pure. */

import { inkOn } from "../lib/colour.js";
import { showBrief } from "../lib/numbers.js";

/** @import { Picture } from "./matrix.js" */
/** @import { Rgb } from "../lib/colour.js" */

const ROOM = { width: 38, height: 18 };

/**
 * A text trace over the first head; none where the cells are too small.
 * @param {Picture} picture
 * @param {(value: number) => Rgb} colour of a cell, on which its number must be read
 */
export function numbersInCells({ frame, rows, columns, heads: [values], theme }, colour) {
  const [plot] = frame.plots;
  const [top, bottom] = rows.range ?? [-0.5, rows.labels.length - 0.5];
  const [left, right] = columns.range ?? [-0.5, columns.labels.length - 0.5];
  const isRoom =
    plot.width / (right - left) >= ROOM.width && plot.height / (bottom - top) >= ROOM.height;
  if (!isRoom) return [];
  const x = [];
  const y = [];
  const text = [];
  const inks = [];
  // An old picture stays while another part is looked at: its cells may end earlier.
  const [lastRow, lastColumn] = [
    Math.min(bottom, values.length),
    Math.min(right, values[0].length),
  ];
  for (let row = Math.max(Math.ceil(top), 0); row < lastRow; row += 1) {
    for (let column = Math.max(Math.ceil(left), 0); column < lastColumn; column += 1) {
      const value = values[row][column];
      if (Number.isNaN(value)) continue;
      x.push(column);
      y.push(row);
      text.push(showBrief(value));
      inks.push(inkOn(colour(value)));
    }
  }
  const textfont = { family: theme.font, size: 12, color: inks };
  return [
    { type: "scatter", mode: "text", x, y, text, textfont, hoverinfo: "skip", cliponaxis: true },
  ];
}
