// sharp on one thread, without its cache. README.md describes the protocol.
import { readFileSync, writeFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import sharp from 'sharp';

sharp.concurrency(1);
sharp.cache(false);

let photo, avatar;

async function render(sizes, format) {
  const start = performance.now();
  for (const side of sizes.split(',').map(Number)) {
    const resized = sharp(photo).rotate().resize(side, side);
    const encoded = format === 'png' ? resized.png() : resized.jpeg({ quality: 80 });
    avatar = await encoded.toBuffer();
  }
  return performance.now() - start;
}

const answers = {
  version: () => `sharp ${sharp.versions.sharp} (libvips ${sharp.versions.vips})`,
  load: (path) => { photo = readFileSync(path); return 'ok'; },
  save: (path) => { writeFileSync(path, avatar); return 'ok'; },
  render,
};

for await (const line of createInterface({ input: process.stdin })) {
  const [verb, ...words] = line.split('\t');
  try {
    console.log(String(await answers[verb](...words)));
  } catch (error) {
    console.log(`error ${error.message}`);
  }
}
