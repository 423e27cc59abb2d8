/** Compares orientations with the browser's own decoder. Runs on a page. */

/** Copies `jpeg` with another EXIF orientation (tag 0x0112, SHORT, one value). */
function withOrientation(jpeg, orientation) {
  const copy = jpeg.slice();
  const start = copy.findIndex((_, index) => isTag(copy, index));
  if (start < 0) throw new Error("the photo has no orientation tag");
  const isLittleEndian = copy[start] !== 1;
  copy[start + (isLittleEndian ? 8 : 9)] = orientation;
  return copy;
}

function isTag(bytes, at) {
  const tag = Array.from(bytes.subarray(at, at + 8)).join();
  return tag === "1,18,0,3,0,0,0,1" || tag === "18,1,3,0,1,0,0,0";
}

const SIDE = 64;

const ORIENTATIONS = [1, 2, 3, 4, 5, 6, 7, 8];

/** For each orientation of `photo`: the orientation of the browser's rendering that ours is most similar to. */
export async function nearestOrientations({ render }, photo) {
  const photos = ORIENTATIONS.map((orientation) => withOrientation(photo, orientation));
  const expected = await Promise.all(photos.map((oriented) => pixels(new Blob([oriented]))));
  const nearest = [];
  for (const oriented of photos) {
    const { avatars } = await render(oriented, { sizes: [SIDE], formats: "png" });
    const actual = await pixels(avatars[0].blob);
    const differences = expected.map((data) => difference(actual, data));
    nearest.push(ORIENTATIONS[differences.indexOf(Math.min(...differences))]);
  }
  return nearest;
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

/** The corners of an image: top left, top right, bottom left, bottom right. */
export async function corners(blob) {
  const [width, height] = [8, 16];
  const data = await pixels(blob, width, height);
  const starts = [0, width - 1, width * (height - 1), width * height - 1];
  return starts.map((pixel) => Array.from(data.subarray(pixel * 4, pixel * 4 + 4)));
}
