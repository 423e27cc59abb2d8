/** Orientation, with the browser's own decoder as the oracle. Runs on a page. */

/** `jpeg` with its EXIF orientation tag (0x0112, SHORT, one value) set. */
function photoAt(jpeg, orientation) {
  const turned = jpeg.slice();
  const at = turned.findIndex((_, start) => isTag(turned, start));
  if (at < 0) throw new Error("the photo has no orientation");
  const big = turned[at] === 1;
  turned[at + (big ? 9 : 8)] = orientation;
  return turned;
}

function isTag(bytes, at) {
  const tag = Array.from(bytes.subarray(at, at + 8)).join();
  return tag === "1,18,0,3,0,0,0,1" || tag === "18,1,3,0,1,0,0,0";
}

const SIDE = 64;

const ORIENTATIONS = [1, 2, 3, 4, 5, 6, 7, 8];

/** For each orientation of `photo`: which one of the browser's renderings ours is nearest to. */
export async function nearest({ render }, photo) {
  const photos = ORIENTATIONS.map((orientation) => photoAt(photo, orientation));
  const theirs = await Promise.all(photos.map((turned) => pixels(new Blob([turned]))));
  const found = [];
  for (const turned of photos) {
    const { avatars } = await render(turned, { sizes: [SIDE], format: "png" });
    const ours = await pixels(avatars[0].blob);
    const differences = theirs.map((data) => difference(ours, data));
    found.push(ORIENTATIONS[differences.indexOf(Math.min(...differences))]);
  }
  return found;
}

const difference = (some, others) =>
  some.reduce((sum, sample, at) => sum + Math.abs(sample - others[at]), 0);

async function pixels(blob, width = SIDE, height = SIDE) {
  const bitmap = await createImageBitmap(blob, { imageOrientation: "from-image" });
  const context = new OffscreenCanvas(width, height).getContext("2d");
  context.imageSmoothingQuality = "high";
  context.drawImage(bitmap, 0, 0, width, height);
  return context.getImageData(0, 0, width, height).data;
}

/** Top left, top right, bottom left, bottom right. */
export async function corners(blob) {
  const [width, height] = [8, 16];
  const data = await pixels(blob, width, height);
  const starts = [0, width - 1, width * (height - 1), width * height - 1];
  return starts.map((pixel) => Array.from(data.subarray(pixel * 4, pixel * 4 + 4)));
}
