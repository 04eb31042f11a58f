// @ts-check
/** Puts pictures side by side on one sheet of paper. */

/** @import { Theme } from "../lib/theme.js" */

const EDGE = 24;
const HEAD = 56;

/**
 * @param {{url: string, title: string, says: string}[]} panels
 * @param {{scale: number, theme: Theme}} look
 * @returns {Promise<Blob>}
 */
export async function composePng(panels, { scale, theme }) {
  const images = await Promise.all(panels.map(({ url }) => load(url)));
  const widths = images.map((image) => image.width / scale);
  const total = widths.reduce((sum, width) => sum + width + EDGE, EDGE);
  const tallest = Math.max(...images.map((image) => image.height / scale));
  const canvas = document.createElement("canvas");
  canvas.width = total * scale;
  canvas.height = (tallest + HEAD + EDGE) * scale;
  const pen = /** @type {CanvasRenderingContext2D} */ (canvas.getContext("2d"));
  pen.scale(scale, scale);
  pen.fillStyle = theme.surface;
  pen.fillRect(0, 0, total, canvas.height);
  let left = EDGE;
  panels.forEach(({ title, says }, index) => {
    pen.fillStyle = theme.text;
    pen.font = "600 17px system-ui, sans-serif";
    pen.fillText(title, left, 30);
    pen.fillStyle = theme.muted;
    pen.font = "13px system-ui, sans-serif";
    pen.fillText(says, left, 50);
    pen.drawImage(images[index], left, HEAD, widths[index], images[index].height / scale);
    left += widths[index] + EDGE;
  });
  return new Promise((resolve, reject) => {
    canvas.toBlob((blob) => (blob ? resolve(blob) : reject(new Error("no PNG could be made"))));
  });
}

/**
 * @param {string} url
 * @returns {Promise<HTMLImageElement>}
 */
async function load(url) {
  const image = new Image();
  image.src = url;
  await image.decode();
  return image;
}
