/** The pictures of the options. roundel makes all of them from examples/photos when the site is built. */

import { readFile } from "node:fs/promises";

import { renderHere } from "roundel";

import { apng, flatFrame, samplesOf } from "./apng.js";
import { ROOT } from "./repository.js";
import { escapeHtml } from "./slug.js";

/** @typedef {{ name: string, bytes: Uint8Array }} File */
/** @typedef {{ label: string, html: string }} Sample */

const ACCENT = [0x0b, 0x57, 0xd0];

/** A drawing of 12 x 12 pixels. The rest is transparent. */
const SPRITE = [
  "............",
  ".##......##.",
  ".##.####.##.",
  "..########..",
  ".##########.",
  ".###oo##oo#.",
  ".###oo##oo#.",
  ".##########.",
  "..########..",
  "...#.##.#...",
  "..##....##..",
  "............",
];
const INK = { "#": [...ACCENT, 255], o: [255, 255, 255, 255], ".": [0, 0, 0, 0] };

export class Pictures {
  /** @type {File[]} */
  files = [];
  #photos;

  /** @param {Awaited<ReturnType<typeof samplePhotos>>} photos */
  constructor(photos) {
    this.#photos = photos;
    this.files.push({ name: "tall.jpg", bytes: photos.tall }, { name: "wide.jpg", bytes: photos.wide });
  }

  /** The pictures of an option as HTML, or undefined if pictures do not explain it. @param {string} option */
  async figures(option) {
    const samples = await EXPLAINED[option]?.(this, this.#photos);
    return samples && gallery(option, samples);
  }

  /** The photo as it is stored, sideways, and its avatars. */
  async hero() {
    const avatars = await inOrder([176, 112, 72, 48, 32], (size) =>
      this.avatar(`hero-${size}`, this.#photos.astronaut, { sizes: [2 * size], crop: [64, 0, 360, 360], quality: 88 }),
    );
    const images = avatars.map(({ file, avatar }) => image(file, { width: avatar.width / 2, height: avatar.height / 2 }, "", "round"));
    return `<figure class="hero">
<img class="stored" src="astronaut.jpg" alt="A photo that is stored sideways" width="176" height="176">
<svg class="arrow" viewBox="0 0 48 24" width="48" height="24" aria-hidden="true"><path d="M2 12h42M34 3l10 9-10 9"/></svg>
<div role="img" aria-label="Five round avatars of it, upright">${images.join("")}</div>
</figure>`;
  }

  /** Renders one avatar and keeps its file. Several options can show the same file. */
  async avatar(name, photo, options) {
    const rendered = await renderHere(photo, options);
    const [avatar] = rendered.avatars;
    const file = `${name}.${avatar.extension}`;
    this.files.push({ name: file, bytes: avatar.bytes });
    return { file, avatar, rendered };
  }
}

/** The photos from which the pictures are made. */
export async function samplePhotos() {
  const astronaut = await readFile(new URL("examples/photos/astronaut.jpg", ROOT));
  const part = async (crop, size) => (await renderHere(astronaut, { sizes: [size], crop, quality: 92 })).avatars[0].bytes;
  return {
    astronaut,
    tall: await part([60, 0, 288, 512], [288, 512]),
    wide: await part([0, 0, 512, 288], [512, 288]),
    sprite: sprite(),
    animation: await animation(astronaut),
    // A download that ended early.
    damaged: astronaut.subarray(0, Math.round(astronaut.length * 0.62)),
  };
}

function sprite() {
  const data = Uint8Array.from(SPRITE.flatMap((row) => [...row].flatMap((pixel) => INK[pixel])));
  return { width: SPRITE[0].length, height: SPRITE.length, data };
}

/** One frame of one color, then three that come closer. */
async function animation(astronaut) {
  const side = 144;
  const closer = [[0, 0, 512, 512], [60, 0, 320, 320], [130, 30, 180, 180]];
  const frames = [flatFrame(side, ACCENT)];
  for (const crop of closer) {
    const { avatars } = await renderHere(astronaut, { sizes: [side], formats: "png", crop });
    frames.push(samplesOf(avatars[0].bytes));
  }
  return apng(side, frames, { milliseconds: 600, plays: 2 });
}

/** How to show each option that pictures explain. */
const EXPLAINED = {
  crop: (pictures, { tall, wide }) =>
    inOrder(
      [
        ["center", "tall", tall],
        ["north", "tall", tall],
        ["face", "tall", tall],
        ["west", "wide", wide],
        ["face", "wide", wide],
        [[0.9, 0.5], "wide", wide],
      ],
      ([crop, name, photo]) => cropped(pictures, crop, name, photo),
    ),
  fit: (pictures, { tall }) =>
    inOrder(
      [
        ["cover", {}],
        ["contain", {}],
        ["contain", { background: "0b57d0" }],
      ],
      ([fit, more], index) => plain(pictures, `fit-${index}`, tall, { fit, ...more }),
    ),
  background: (pictures, { sprite }) =>
    inOrder(
      [
        ["png", {}],
        ["jpeg", {}],
        ["jpeg", { background: "ffd28f" }],
      ],
      ([formats, more], index) =>
        plain(pictures, `background-${index}`, sprite, { formats, ...more }, { sizes: [144], filter: "pixelated", quality: 95 }),
    ),
  filter: (pictures, { sprite }) =>
    inOrder(["auto", "pixelated"], (filter) => plain(pictures, `filter-${filter}`, sprite, { filter }, { sizes: [144], formats: "png" })),
  upscale: (pictures, { sprite }) =>
    inOrder([true, false], (upscale) =>
      plain(pictures, `upscale-${upscale}`, sprite, { upscale }, { sizes: [144], formats: "png", filter: "pixelated" }),
    ),
  frame: (pictures, { animation }) =>
    inOrder(["first", "poster", 3], (frame) => plain(pictures, `frame-${frame}`, animation, { frame }, { sizes: [144] })),
  animated: (pictures, { animation }) =>
    inOrder([false, true], (animated) =>
      plain(pictures, `animated-${animated}`, animation, { animated }, { sizes: [144], formats: "webp", lossless: true, frame: "poster" }),
    ),
  quality: (pictures, { astronaut }) =>
    inOrder([20, 50, 80, 95], (quality) => plain(pictures, `quality-${quality}`, astronaut, { quality }, CLOSE)),
  max_bytes: (pictures, { astronaut }) =>
    inOrder([2000, 4000, 8000], (max_bytes) =>
      plain(pictures, `max-bytes-${max_bytes}`, astronaut, { max_bytes }, { ...CLOSE, quality: 95 }),
    ),
  sizes: (pictures, { astronaut }) =>
    inOrder([144, 72, 36, [192, 108]], (size) => plain(pictures, `size-${size}`, astronaut, { sizes: [size] }, { crop: "north" })),
  accept_damaged: (pictures, { damaged }) =>
    inOrder([true], (accept_damaged) => plain(pictures, "damaged", damaged, { accept_damaged }, { sizes: [144] })),
};

/** A face at which the quality can be judged. */
const CLOSE = { sizes: [144], crop: [110, 20, 200, 200] };

async function inOrder(values, map) {
  const results = [];
  for (const [index, value] of values.entries()) results.push(await map(value, index));
  return results;
}

/** An avatar, and what its options are. @returns {Promise<Sample>} */
async function plain(pictures, name, photo, shown, others = { sizes: [144] }) {
  const { file, avatar } = await pictures.avatar(name, photo, { ...others, ...shown });
  const options = Object.entries(shown).map(([option, value]) => `${option}: ${JSON.stringify(value)}`);
  const label = options.join(", ");
  return { label, html: image(file, avatar, `Avatar with ${label}`), bytes: avatar.bytes.length };
}

/** The photo with the part that is shown, and the avatar. @returns {Promise<Sample>} */
async function cropped(pictures, crop, name, photo) {
  const { file, avatar, rendered } = await pictures.avatar(`crop-${name}-${crop}`, photo, { sizes: [144], crop });
  const label = `crop: ${JSON.stringify(crop)}`;
  const { width, height } = rendered.source;
  const [x, y, w, h] = avatar.crop;
  const html = `<svg viewBox="0 0 ${width} ${height}" class="${name}" role="img" aria-label="The photo and the part of it that is shown">
<image href="pictures/${name}.jpg" width="${width}" height="${height}"/>
<path class="shade" fill-rule="evenodd" d="M0 0H${width}V${height}H0ZM${x} ${y}h${w}v${h}h${-w}z"/>
<rect class="shown" x="${x + 2}" y="${y + 2}" width="${w - 4}" height="${h - 4}"/>
</svg>${image(file, avatar, `Avatar with ${label}`, "round")}`;
  return { label, html };
}

const image = (file, { width, height }, alt, name = "") =>
  `<img src="pictures/${escapeHtml(file)}" alt="${escapeHtml(alt)}" width="${width}" height="${height}" class="${name}" loading="lazy">`;

function gallery(option, samples) {
  const figures = samples.map(({ label, html, bytes }) => {
    const size = bytes && ["quality", "max_bytes", "sizes"].includes(option) ? `<span>${bytes.toLocaleString("en")} bytes</span>` : "";
    return `<figure>${html}<figcaption><code>${escapeHtml(label)}</code>${size}</figcaption></figure>`;
  });
  return `<div class="gallery ${option === "crop" ? "crops" : ""}">\n${figures.join("\n")}\n</div>`;
}
