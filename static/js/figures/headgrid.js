// @ts-check
/** All heads of a capture as one picture: where each stands, and its pixels. Pure. */

import { colourAt } from "../lib/colour.js";

/** @import { Grid } from "../lib/captures/types.js" */
/** @import { Rgb } from "../lib/colour.js" */

/** @typedef {{width: number, height: number, gap: number}} Tile of one head, in pixels */

const GAP = 4;
const LARGEST = 112;
const SMALLEST = 14;

/**
 * Tiles as large as there is room for; flat ones and high ones keep some of their shape.
 * @param {Grid["shape"]} shape
 * @param {number} room
 * @returns {Tile}
 */
export function tileOf([, heads, height, width], room) {
  const gap = heads > 16 ? GAP / 2 : GAP;
  const side = Math.floor((room + gap) / heads) - gap;
  const tile = Math.min(Math.max(side, SMALLEST), LARGEST);
  const ratio = Math.min(Math.max(height / width, 0.4), 1.6);
  return { width: tile, height: Math.max(Math.round(tile * ratio), SMALLEST / 2), gap };
}

/**
 * The whole picture in device pixels. Each head is shaded up to its own largest weight: in one range
 * for all, one head that looks at a single token would leave the patterns of most others unseen.
 * @param {Grid} grid
 * @param {Tile} tile
 * @param {{scale: number, colours: Rgb[]}} look
 */
export function gridPixels(grid, tile, { scale, colours }) {
  const [layers, heads] = grid.shape;
  const [wide, high, gap] = [tile.width, tile.height, tile.gap].map((each) => each * scale);
  const [width, height] = [heads * (wide + gap) - gap, layers * (high + gap) - gap].map(Math.round);
  const pixels = new Uint8ClampedArray(width * height * 4);
  const packed = new Uint32Array(pixels.buffer);
  const palette = paletteOf(colours);
  for (let layer = 0; layer < layers; layer += 1) {
    for (let head = 0; head < heads; head += 1) {
      const [left, top] = [head * (wide + gap), layer * (high + gap)].map(Math.round);
      const box = { left, top, width: Math.min(Math.round(wide), width - left) };
      const rows = Math.min(Math.round(high), height - top);
      drawHead(
        packed,
        width,
        { ...box, height: rows },
        {
          bytes: grid.bytes,
          start: (layer * heads + head) * grid.shape[2] * grid.shape[3],
          shape: [grid.shape[2], grid.shape[3]],
          palette,
        },
      );
    }
  }
  return { width, height, pixels };
}

/**
 * The colour of each byte of a head, as the pixels of a canvas lie in memory.
 * @param {Rgb[]} colours
 */
function paletteOf(colours) {
  const palette = new Uint32Array(256);
  const channels = new Uint8Array(palette.buffer);
  for (let byte = 0; byte < 256; byte += 1) {
    channels.set([...colourAt(colours, byte / 255), 255], byte * 4);
  }
  return palette;
}

/**
 * Draw one head at another size: the largest of each block, so that a lone peak is not lost.
 * @param {Uint32Array} packed the picture
 * @param {number} stride of it
 * @param {{left: number, top: number, width: number, height: number}} box
 * @param {{bytes: Uint8Array, start: number, shape: [rows: number, columns: number], palette: Uint32Array}} head
 */
function drawHead(packed, stride, box, { bytes, start, shape, palette }) {
  const [rows, columns] = shape;
  const across = blocks(columns, box.width);
  blocks(rows, box.height).forEach(([top, bottom], y) => {
    const line = (box.top + y) * stride + box.left;
    across.forEach(([left, right], x) => {
      let most = 0;
      for (let row = top; row < bottom; row += 1) {
        const from = start + row * columns;
        for (let at = from + left; at < from + right; at += 1) {
          if (bytes[at] > most) most = bytes[at];
        }
      }
      packed[line + x] = palette[most];
    });
  });
}

/**
 * @param {number} length
 * @param {number} parts
 */
function blocks(length, parts) {
  return Array.from({ length: parts }, (_, part) => {
    const from = Math.floor((part * length) / parts);
    return [from, Math.max(from + 1, Math.floor(((part + 1) * length) / parts))];
  });
}
