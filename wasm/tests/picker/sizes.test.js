import assert from "node:assert/strict";
import { test } from "node:test";
import { aspectRatioOf, parseSizes } from "../../js/picker/sizes.js";

test("sizes are sides or width x height, separated by spaces or commas", () => {
  assert.deepEqual(parseSizes("256 64"), [256, 64]);
  assert.deepEqual(parseSizes(" 300x200,150×100 "), [[300, 200], [150, 100]]);
  assert.deepEqual(parseSizes(null), [256]);
  assert.deepEqual(parseSizes(""), [256]);
});

test("the crop has the aspect ratio of the first size", () => {
  assert.equal(aspectRatioOf([256, [300, 200]]), 1);
  assert.equal(aspectRatioOf([[300, 200]]), 1.5);
});

test("invalid sizes are passed on to core, which refuses them", () => {
  assert.deepEqual(parseSizes("large"), [NaN]);
  assert.deepEqual(parseSizes("1x2x3"), [[1, 2, 3]]);
  for (const sizes of [[NaN], [[10, 0]]]) assert.equal(aspectRatioOf(sizes), 1);
});
