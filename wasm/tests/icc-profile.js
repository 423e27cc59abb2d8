/** A JPEG with an ICC profile with lookup tables, like those of some scanners. */

const ascii = (text) => Array.from(text, (letter) => letter.charCodeAt(0));
const u16 = (value) => [value >> 8, value & 255];
const u32 = (value) => [...u16(value >>> 16), ...u16(value & 0xffff)];
/** 1 as s15Fixed16Number. */
const ONE = u32(0x10000);

/** lut8Type (ICC.1:2022, 10.11): a grid of 2 x 2 x 2 to XYZ, with red and blue swapped. */
function lookupTable() {
  const identity = Array.from({ length: 256 }, (_, value) => value);
  const corners = Array.from({ length: 8 }, (_, index) => [index & 1, (index >> 1) & 1, index >> 2].map((bit) => bit * 120));
  const matrix = [ONE, u32(0), u32(0), u32(0), ONE, u32(0), u32(0), u32(0), ONE].flat();
  const curves = [identity, identity, identity].flat();
  return [...ascii("mft1"), ...u32(0), 3, 3, 2, 0, ...matrix, ...curves, ...corners.flat(), ...curves];
}

/** ICC.1:2022, 7.2: a header, a directory of one tag, and the lookup table. */
function profile() {
  const lut = lookupTable();
  const size = 128 + 4 + 12 + lut.length;
  const header = [
    ...u32(size), ...ascii("none"), 2, 0x40, 0, 0, ...ascii("scnrRGB XYZ "),
    ...new Array(12).fill(0), ...ascii("acsp"), ...new Array(28).fill(0),
    ...u32(0xf6d6), ...ONE, ...u32(0xd32d), ...new Array(48).fill(0),
  ];
  return [...header, ...u32(1), ...ascii("A2B0"), ...u32(144), ...u32(lut.length), ...lut];
}

/** Inserts the profile into `jpeg`, in an APP2 segment after SOI (ICC.1:2022, B.4). */
export function withTables(jpeg) {
  const body = [...ascii("ICC_PROFILE\0"), 1, 1, ...profile()];
  const segment = [0xff, 0xe2, ...u16(body.length + 2), ...body];
  return Uint8Array.from([...jpeg.subarray(0, 2), ...segment, ...jpeg.subarray(2)]);
}
