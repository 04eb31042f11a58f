// @ts-check
/**
 * The ground of every matrix: a fine diagonal hatch on grey. Forbidden cells are gaps in the heat
 * map, and the ground shows through them: one image, however many cells there are.
 */

/** @import { Box, Frame } from "./plan.js" */
/** @import { Theme } from "../lib/theme.js" */

/**
 * @param {Box} plot
 * @param {Frame} frame
 * @param {Theme} theme
 */
export function hatchedGround(plot, frame, theme) {
  return {
    source: `data:image/svg+xml,${encodeURIComponent(drawing(theme))}`,
    layer: "below",
    xref: "paper",
    yref: "paper",
    x: plot.left / frame.width,
    y: 1 - plot.top / frame.height,
    sizex: plot.width / frame.width,
    sizey: plot.height / frame.height,
    sizing: "stretch",
  };
}

/**
 * Without a viewBox the pattern keeps its size in pixels, whatever the size of the image.
 * @param {Theme} theme
 */
function drawing({ mask, hatch }) {
  return (
    '<svg xmlns="http://www.w3.org/2000/svg" width="100%" height="100%">' +
    '<pattern id="h" width="5" height="5" patternUnits="userSpaceOnUse" ' +
    'patternTransform="rotate(45)">' +
    `<rect width="5" height="5" fill="${mask}"/>` +
    `<rect width="1.25" height="5" fill="${hatch}"/></pattern>` +
    '<rect width="100%" height="100%" fill="url(#h)"/></svg>'
  );
}
