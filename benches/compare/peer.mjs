// sharp or @napi-rs/image: peer.mjs sharp|napi. README.md describes the protocol.
import { readFileSync, writeFileSync } from 'node:fs';
import { createInterface } from 'node:readline';

const oneThread = process.env.PEER_THREADS === '1';

const libraries = {
  async sharp() {
    const { default: sharp } = await import('sharp');
    sharp.concurrency(oneThread ? 1 : 0);
    sharp.cache(false);
    return {
      version: `sharp ${sharp.versions.sharp} (libvips ${sharp.versions.vips})`,
      // libvips reduces while it decodes, so each size has a decode of its own.
      // White behind transparency, as all peers.
      render(photo, side, format, quality) {
        const resized = sharp(photo).rotate().resize(side, side).flatten({ background: '#fff' });
        return (format === 'png' ? resized.png() : resized.jpeg({ quality })).toBuffer();
      },
    };
  },
  async napi() {
    const { Transformer } = await import('@napi-rs/image');
    const { version } = JSON.parse(readFileSync(new URL('node_modules/@napi-rs/image/package.json', import.meta.url)));
    // Its declarations have these enums, its module does not.
    const [FILL, LANCZOS3, DEST_OVER] = [1, 5, 7];
    const white = Transformer.fromRgbaPixels(new Uint8Array(4).fill(255), 1, 1).pngSync();
    return {
      version: `@napi-rs/image ${version}`,
      // Its own `cover` keeps the left side, and it crops after it resizes. It converts no profiles.
      async render(photo, side, format, quality) {
        const image = new Transformer(photo);
        const { width, height, orientation, colorType } = await image.metadata(true);
        const [across, down] = orientation >= 5 ? [height, width] : [width, height];
        const scale = side / Math.min(across, down);
        const large = { width: Math.round(across * scale), height: Math.round(down * scale) };
        const resized = image.rotate().fastResize({ ...large, filter: LANCZOS3, fit: FILL });
        resized.crop((large.width - side) >> 1, (large.height - side) >> 1, side, side);
        // Its types of colors with alpha have the odd numbers.
        if (colorType % 2 === 1) resized.composite(white, { blend: DEST_OVER, tile: true });
        return format === 'png' ? resized.png() : resized.jpeg(quality);
      },
    };
  },
};

const library = await libraries[process.argv[2]]();
let photo, avatar;

async function render(sizes, format, mode, quality) {
  const start = performance.now();
  for (const side of sizes.split(',').map(Number)) {
    avatar = await library.render(photo, side, format, Number(quality));
  }
  return performance.now() - start;
}

const answers = {
  version: () => library.version,
  load: (path) => { photo = readFileSync(path); return 'ok'; },
  save: (path) => { writeFileSync(path, avatar); return 'ok'; },
  render,
};

for await (const line of createInterface({ input: process.stdin })) {
  const [verb, ...words] = line.split('\t');
  try {
    console.log(String(await answers[verb](...words)));
  } catch (error) {
    console.log(`error ${error.message.replaceAll('\n', ' ')}`);
  }
}
