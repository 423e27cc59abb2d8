import assert from "node:assert/strict";
import { test } from "node:test";
import * as crop from "../../js/picker/geometry.js";
import { random, seeds } from "./random.js";

const EPSILON = 1e-9;
const near = (a, b) => Math.abs(a - b) <= EPSILON * Math.max(1, Math.abs(a), Math.abs(b));

/** A photo from 1 x 1 to 65,535 x 65,535, a ratio, and a crop of it after random moves. */
function scene(seed) {
  const next = random(seed);
  const side = () => Math.max(1, Math.round(65_535 ** next()));
  const photo = { width: side(), height: side() };
  const ratio = [1, 3 / 2, 9 / 16, 0.25 + 4 * next()][seed % 4];
  let rect = crop.cover(photo, ratio);
  for (let step = 0; step < 5; step++) {
    rect = crop.zoomTo(rect, photo, 1 + 15 * next(), [next(), next()], [next(), next()]);
    rect = crop.pan(rect, photo, (next() - 0.5) * photo.width, (next() - 0.5) * photo.height);
  }
  return { photo, ratio, rect, next };
}

function assertValid(rect, photo, ratio, why) {
  assert.ok(rect.width > 0 && rect.height > 0, `${why}: empty`);
  assert.ok(rect.x >= 0 && rect.y >= 0, `${why}: before the photo's edge`);
  assert.ok(rect.x + rect.width <= photo.width * (1 + EPSILON), `${why}: past the right edge`);
  assert.ok(rect.y + rect.height <= photo.height * (1 + EPSILON), `${why}: past the bottom`);
  assert.ok(near(rect.width / rect.height, ratio), `${why}: of other proportions`);
}

test("a crop stays within the photo and keeps its proportions, whatever is done to it", () => {
  for (const seed of seeds(2000)) {
    const { photo, ratio, rect } = scene(seed);
    assertValid(rect, photo, ratio, `seed ${seed}`);
  }
});

test("the first crop is the largest one, in the middle", () => {
  for (const seed of seeds(500)) {
    const { photo, ratio } = scene(seed);
    const { x, y, width, height } = crop.cover(photo, ratio);
    assert.ok(near(width, photo.width) || near(height, photo.height), `seed ${seed}: could be larger`);
    assert.ok(near(x * 2 + width, photo.width) && near(y * 2 + height, photo.height), `seed ${seed}: not centred`);
  }
});

test("zooming keeps the point under the fingers, unless an edge is in the way", () => {
  for (const seed of seeds(1000)) {
    const { photo, rect, next } = scene(seed);
    const [fx, fy] = [next(), next()];
    const zoom = crop.zoomOf(rect, photo) * (1 + next()); // in: no edge comes into the way
    const after = crop.zoomTo(rect, photo, zoom, [fx, fy]);
    assert.ok(Math.abs(rect.x + fx * rect.width - (after.x + fx * after.width)) < 1e-6, `seed ${seed}: x`);
    assert.ok(Math.abs(rect.y + fy * rect.height - (after.y + fy * after.height)) < 1e-6, `seed ${seed}: y`);
    assert.ok(near(crop.zoomOf(after, photo), zoom), `seed ${seed}: zoom`);
  }
});

test("fingers that go apart one after the other end as if they had gone together", () => {
  const photo = { width: 512, height: 512 };
  const first = crop.zoomTo(crop.cover(photo, 1), photo, 1.25, [0.5, 0.5], [0.45, 0.5]);
  const { x, y, width } = crop.zoomTo(first, photo, 2, [0.45, 0.5], [0.5, 0.5]);
  assert.ok(near(x, 128) && near(y, 128) && near(width, 256), `${x}, ${y}, ${width}`);
});

test("zooming out to 1 gives the largest crop again", () => {
  for (const seed of seeds(500)) {
    const { photo, ratio, rect } = scene(seed);
    const out = crop.zoomTo(rect, photo, 1);
    const whole = crop.cover(photo, ratio);
    assert.ok(near(out.width, whole.width) && near(out.height, whole.height), `seed ${seed}`);
  }
});

test("a move there and back changes nothing where there is room", () => {
  for (const seed of seeds(500)) {
    const { photo, rect, next } = scene(seed);
    const [dx, dy] = [(photo.width - rect.width - rect.x) * next(), -rect.y * next()];
    const back = crop.pan(crop.pan(rect, photo, dx, dy), photo, -dx, -dy);
    assert.ok(Math.abs(back.x - rect.x) < 1e-6 && Math.abs(back.y - rect.y) < 1e-6, `seed ${seed}`);
  }
});

test("another shape keeps the middle and stays within the photo", () => {
  for (const seed of seeds(500)) {
    const { photo, rect, next } = scene(seed);
    const ratio = 0.25 + 4 * next();
    assertValid(crop.reshape(rect, photo, ratio), photo, ratio, `seed ${seed}`);
  }
});

test("the place of a crop goes from 0 to 1, and is the middle where it cannot move", () => {
  const photo = { width: 400, height: 100 };
  assert.deepEqual(crop.place({ x: 0, y: 0, width: 100, height: 100 }, photo), { x: 0, y: 0.5 });
  assert.deepEqual(crop.place({ x: 300, y: 0, width: 100, height: 100 }, photo), { x: 1, y: 0.5 });
  for (const seed of seeds(500)) {
    const { photo: any, rect } = scene(seed);
    for (const along of Object.values(crop.place(rect, any))) assert.ok(along >= 0 && along <= 1, `seed ${seed}`);
  }
});

test("a photo may be zoomed to its pixels: 4 to 16 times, and never to less than 8 pixels", () => {
  const most = (width, height, largest) => crop.mostZoom({ width, height }, 1, largest);
  assert.equal(most(4032, 3024, 512), 3024 / 512); // 12 MP: one pixel for each of the avatar
  assert.equal(most(8000, 6000, 64), 16); // no further, however many pixels there are
  assert.equal(most(512, 512, 512), 4); // no more pixels than the avatar: soft, but allowed
  assert.equal(most(16, 16, 256), 2); // tiny: 8 pixels are left
  assert.equal(most(1, 1, 256), 1); // and a single one cannot be zoomed at all
  assert.equal(most(20_000, 10, 256), 10 / 8); // nor can a line
});

test("the window lies in the middle of the stage, a margin from its edges", () => {
  assert.deepEqual(crop.windowOf({ width: 320, height: 320 }, 1, 40), { x: 40, y: 40, width: 240, height: 240 });
  assert.deepEqual(crop.windowOf({ width: 320, height: 320 }, 2, 40), { x: 40, y: 100, width: 240, height: 120 });
  const { width, height } = crop.windowOf({ width: 0, height: 0 }, 1, 40); // not laid out yet
  assert.ok(width > 0 && height > 0);
});

test("the stage shows the crop and what lies around it, as far as the photo goes", () => {
  const [photo, stage] = [{ width: 1000, height: 500 }, { width: 320, height: 320 }];
  const window = crop.windowOf(stage, 1, 40);
  const whole = crop.cover(photo, 1);
  const part = crop.visible(whole, photo, window, stage);
  assert.equal(part.y, 0);
  assert.equal(part.height, 500);
  assert.ok(near(part.x, 250 - (40 * 500) / 240) && near(part.width, (320 * 500) / 240));
});

test("crops are the same when every edge is", () => {
  const rect = { x: 1, y: 2, width: 3, height: 4 };
  assert.ok(crop.same(rect, { ...rect }));
  assert.ok(!crop.same(rect, { ...rect, y: 2.5 }));
  assert.ok(crop.same(rect, { ...rect, x: 1 + 1e-12 }));
  assert.deepEqual(crop.toArray(rect), [1, 2, 3, 4]);
});
