/** Writes an animated PNG. roundel reads animations and writes them as WebP, so the site makes its own sample. */

import { crc32, deflateSync } from "node:zlib";

const SIGNATURE = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);

/**
 * @param {number} side of the square frames, in pixels
 * @param {Buffer[]} frames the compressed samples of each, RGB of 8 bits
 * @param {{ milliseconds: number, plays: number }} timing of each frame, and of all
 */
export function apng(side, frames, { milliseconds, plays }) {
  let sequence = 0;
  const parts = frames.flatMap((data, index) => {
    const control = chunk("fcTL", numbers(sequence++, side, side, 0, 0), shorts(milliseconds, 1000), Buffer.from([0, 0]));
    // The first frame is what other readers of PNG show, so it has the usual chunk.
    return [control, index === 0 ? chunk("IDAT", data) : chunk("fdAT", numbers(sequence++), data)];
  });
  const header = chunk("IHDR", numbers(side, side), Buffer.from([8, 2, 0, 0, 0]));
  const animation = chunk("acTL", numbers(frames.length, plays));
  return Buffer.concat([SIGNATURE, header, animation, ...parts, chunk("IEND")]);
}

/** The compressed samples of a frame of one color. @param {number} side @param {number[]} rgb */
export function flatFrame(side, rgb) {
  const row = [0, ...Array.from({ length: side }, () => rgb).flat()];
  return deflateSync(Buffer.from(Array.from({ length: side }, () => row).flat()));
}

/** The compressed samples of a PNG, which must be RGB of 8 bits. @param {Uint8Array} png */
export function samplesOf(png) {
  const file = Buffer.from(png);
  if (file.readUInt16BE(24) !== 0x0802) throw new Error("a frame must be RGB of 8 bits");
  const found = [];
  for (let at = SIGNATURE.length; at < file.length; ) {
    const length = file.readUInt32BE(at);
    if (file.toString("latin1", at + 4, at + 8) === "IDAT") found.push(file.subarray(at + 8, at + 8 + length));
    at += length + 12;
  }
  return Buffer.concat(found);
}

function chunk(type, ...data) {
  const body = Buffer.concat([Buffer.from(type, "latin1"), ...data]);
  return Buffer.concat([numbers(body.length - 4), body, numbers(crc32(body))]);
}

const numbers = (...values) => write(4, values, (buffer, value, at) => buffer.writeUInt32BE(value, at));
const shorts = (...values) => write(2, values, (buffer, value, at) => buffer.writeUInt16BE(value, at));

function write(width, values, put) {
  const buffer = Buffer.alloc(values.length * width);
  values.forEach((value, index) => put(buffer, value, index * width));
  return buffer;
}
