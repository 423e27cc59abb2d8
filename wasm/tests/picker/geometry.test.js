import assert from "node:assert/strict";
import { test } from "node:test";
import * as geometry from "../../js/picker/geometry.js";
import { random, seeds } from "./random.js";

const EPSILON = 1e-9;
const near = (a, b) => Math.abs(a - b) <= EPSILON * Math.max(1, Math.abs(a), Math.abs(b));

/** A photo from 1 x 1 to 65,535 x 65,535, an aspect ratio, and a crop after random moves. */
function randomCrop(seed) {
  const next = random(seed);
  const side = () => Math.max(1, Math.round(65_535 ** next()));
  const photo = { width: side(), height: side() };
  const aspectRatio = [1, 3 / 2, 9 / 16, 0.25 + 4 * next()][seed % 4];
  let crop = geometry.largestCrop(photo, aspectRatio);
  for (let step = 0; step < 5; step++) {
    crop = geometry.zoomTo(crop, photo, 1 + 15 * next(), [next(), next()], [next(), next()]);
    crop = geometry.pan(crop, photo, (next() - 0.5) * photo.width, (next() - 0.5) * photo.height);
  }
  return { photo, aspectRatio, crop, next };
}

function assertValid(crop, photo, aspectRatio, context) {
  assert.ok(crop.width > 0 && crop.height > 0, `${context}: empty`);
  assert.ok(crop.x >= 0 && crop.y >= 0, `${context}: outside of the top left edges`);
  assert.ok(crop.x + crop.width <= photo.width * (1 + EPSILON), `${context}: outside of the right edge`);
  assert.ok(crop.y + crop.height <= photo.height * (1 + EPSILON), `${context}: outside of the bottom edge`);
  assert.ok(near(crop.width / crop.height, aspectRatio), `${context}: wrong aspect ratio`);
}

test("after any moves the crop lies within the photo and keeps its aspect ratio", () => {
  for (const seed of seeds(2000)) {
    const { photo, aspectRatio, crop } = randomCrop(seed);
    assertValid(crop, photo, aspectRatio, `seed ${seed}`);
  }
});

test("the first crop is the largest one, in the center", () => {
  for (const seed of seeds(500)) {
    const { photo, aspectRatio } = randomCrop(seed);
    const { x, y, width, height } = geometry.largestCrop(photo, aspectRatio);
    assert.ok(near(width, photo.width) || near(height, photo.height), `seed ${seed}: could be larger`);
    assert.ok(near(x * 2 + width, photo.width) && near(y * 2 + height, photo.height), `seed ${seed}: not centered`);
  }
});

test("zooming keeps the point under the pointer, unless an edge prevents it", () => {
  for (const seed of seeds(1000)) {
    const { photo, crop, next } = randomCrop(seed);
    const [fx, fy] = [next(), next()];
    const zoom = geometry.zoomOf(crop, photo) * (1 + next()); // zooming in: no edge prevents it
    const after = geometry.zoomTo(crop, photo, zoom, [fx, fy]);
    assert.ok(Math.abs(crop.x + fx * crop.width - (after.x + fx * after.width)) < 1e-6, `seed ${seed}: x`);
    assert.ok(Math.abs(crop.y + fy * crop.height - (after.y + fy * after.height)) < 1e-6, `seed ${seed}: y`);
    assert.ok(near(geometry.zoomOf(after, photo), zoom), `seed ${seed}: zoom`);
  }
});

test("moving two fingers apart one after the other equals moving both at once", () => {
  const photo = { width: 512, height: 512 };
  const first = geometry.zoomTo(geometry.largestCrop(photo, 1), photo, 1.25, [0.5, 0.5], [0.45, 0.5]);
  const { x, y, width } = geometry.zoomTo(first, photo, 2, [0.45, 0.5], [0.5, 0.5]);
  assert.ok(near(x, 128) && near(y, 128) && near(width, 256), `${x}, ${y}, ${width}`);
});

test("zooming out to 1 gives the largest crop", () => {
  for (const seed of seeds(500)) {
    const { photo, aspectRatio, crop } = randomCrop(seed);
    const out = geometry.zoomTo(crop, photo, 1);
    const largest = geometry.largestCrop(photo, aspectRatio);
    assert.ok(near(out.width, largest.width) && near(out.height, largest.height), `seed ${seed}`);
  }
});

test("a move and its opposite cancel out where there is room", () => {
  for (const seed of seeds(500)) {
    const { photo, crop, next } = randomCrop(seed);
    const [dx, dy] = [(photo.width - crop.width - crop.x) * next(), -crop.y * next()];
    const back = geometry.pan(geometry.pan(crop, photo, dx, dy), photo, -dx, -dy);
    assert.ok(Math.abs(back.x - crop.x) < 1e-6 && Math.abs(back.y - crop.y) < 1e-6, `seed ${seed}`);
  }
});

test("a crop with another aspect ratio is valid", () => {
  for (const seed of seeds(500)) {
    const { photo, crop, next } = randomCrop(seed);
    const aspectRatio = 0.25 + 4 * next();
    assertValid(geometry.withAspectRatio(crop, photo, aspectRatio), photo, aspectRatio, `seed ${seed}`);
  }
});

test("the relative position goes from 0 to 1, and is 0.5 where there is no room", () => {
  const photo = { width: 400, height: 100 };
  assert.deepEqual(geometry.relativePosition({ x: 0, y: 0, width: 100, height: 100 }, photo), { x: 0, y: 0.5 });
  assert.deepEqual(geometry.relativePosition({ x: 300, y: 0, width: 100, height: 100 }, photo), { x: 1, y: 0.5 });
  for (const seed of seeds(500)) {
    const { photo: randomPhoto, crop } = randomCrop(seed);
    const fractions = Object.values(geometry.relativePosition(crop, randomPhoto));
    for (const fraction of fractions) assert.ok(fraction >= 0 && fraction <= 1, `seed ${seed}`);
  }
});

test("the maximum zoom is one photo pixel for each avatar pixel, within bounds", () => {
  const maxZoom = (width, height, avatarWidth) => geometry.maxZoom({ width, height }, 1, avatarWidth);
  assert.equal(maxZoom(4032, 3024, 512), 3024 / 512); // 12 MP: one pixel for each pixel of the avatar
  assert.equal(maxZoom(8000, 6000, 64), 16); // the upper bound, although there are more pixels
  assert.equal(maxZoom(512, 512, 512), 4); // the lower bound, although it will look soft
  assert.equal(maxZoom(16, 16, 256), 2); // tiny: 8 pixels remain
  assert.equal(maxZoom(1, 1, 256), 1); // a single pixel cannot be zoomed
  assert.equal(maxZoom(20_000, 10, 256), 10 / 8); // a strip
});

test("the crop area lies in the center of the cropper, a margin from its edges", () => {
  assert.deepEqual(geometry.cropAreaOf({ width: 320, height: 320 }, 1, 40), { x: 40, y: 40, width: 240, height: 240 });
  assert.deepEqual(geometry.cropAreaOf({ width: 320, height: 320 }, 2, 40), { x: 40, y: 100, width: 240, height: 120 });
  const { width, height } = geometry.cropAreaOf({ width: 0, height: 0 }, 1, 40); // not laid out yet
  assert.ok(width > 0 && height > 0);
});

test("the cropper shows the crop and its surroundings, limited to the photo", () => {
  const [photo, cropper] = [{ width: 1000, height: 500 }, { width: 320, height: 320 }];
  const cropArea = geometry.cropAreaOf(cropper, 1, 40);
  const part = geometry.visiblePart(geometry.largestCrop(photo, 1), photo, cropArea, cropper);
  assert.equal(part.y, 0);
  assert.equal(part.height, 500);
  assert.ok(near(part.x, 250 - (40 * 500) / 240) && near(part.width, (320 * 500) / 240));
});

test("two crops are the same if every edge is", () => {
  const rect = { x: 1, y: 2, width: 3, height: 4 };
  assert.ok(geometry.isSameRect(rect, { ...rect }));
  assert.ok(!geometry.isSameRect(rect, { ...rect, y: 2.5 }));
  assert.ok(geometry.isSameRect(rect, { ...rect, x: 1 + 1e-12 }));
  assert.deepEqual(geometry.toArray(rect), [1, 2, 3, 4]);
});
