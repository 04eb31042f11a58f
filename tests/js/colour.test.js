import assert from "node:assert/strict";
import { test } from "node:test";

import { colourAt, css, inkOn, lightness, plotScale, ramp } from "../../static/js/lib/colour.js";

/** @import { Rgb } from "../../static/js/lib/colour.js" */

/** @type {Rgb[]} */
const STOPS = [
  [254, 254, 252],
  [160, 170, 240],
  [20, 16, 80],
];

test("a scale runs through its stops", () => {
  const scale = ramp(STOPS, 33);
  assert.deepEqual([scale[0], scale[16], scale[32]], STOPS);
});

test("lightness falls at every step from paper to ink", () => {
  const steps = ramp(STOPS).map(lightness);
  for (let step = 1; step < steps.length; step += 1) assert.ok(steps[step] < steps[step - 1]);
});

test("equal steps between two stops look equal", () => {
  const steps = ramp([STOPS[0], STOPS[2]], 9).map(lightness);
  const size = steps[0] - steps[1];
  for (let step = 1; step < 9; step += 1) {
    assert.ok(Math.abs(steps[step - 1] - steps[step] - size) < 0.01);
  }
});

test("places outside the scale take its ends", () => {
  const scale = ramp(STOPS);
  assert.deepEqual(colourAt(scale, -1), STOPS[0]);
  assert.deepEqual(colourAt(scale, 2), STOPS[2]);
});

test("Plotly gets places from 0 to 1", () => {
  const scale = plotScale(ramp(STOPS, 3));
  assert.deepEqual(scale[1], [0.5, css(STOPS[1])]);
  assert.deepEqual([scale[0][0], scale[2][0]], [0, 1]);
});

test("the ink on paper is dark, on ink light", () => {
  assert.notEqual(inkOn(STOPS[0]), inkOn(STOPS[2]));
});

test("a number can be read on every colour of a scale", () => {
  for (const [r, g, b] of ramp(STOPS)) {
    const parts = [r, g, b].map((value) =>
      value / 255 <= 0.04045 ? value / 255 / 12.92 : ((value / 255 + 0.055) / 1.055) ** 2.4,
    );
    const ground = 0.2126 * parts[0] + 0.7152 * parts[1] + 0.0722 * parts[2] + 0.05;
    const ink = inkOn([r, g, b]) === "rgb(0, 0, 0)" ? 0.05 : 1.05;
    assert.ok(Math.max(ground / ink, ink / ground) >= 4.5);
  }
});
