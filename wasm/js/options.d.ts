// Generated from core/options.schema.json by `npm run generate-options`. Do not edit.

/**
 * What to make of a photo.
 *
 * The defaults suit a profile picture: one 256 px square JPEG, cropped from the centre, the right
 * way up, in sRGB, without metadata.
 */
export interface Options {
  /**
   * Whether a damaged JPEG is rendered although a part that shows is missing. A damaged PNG, WebP
   * or BMP never is; a GIF frame that ends early is completed with its first colour. Default
   * `false`.
   */
  accept_damaged?: boolean;
  /**
   * What stands behind transparency and beside a `contain`ed photo. By default white in a JPEG, and
   * transparent in a PNG or WebP.
   */
  background?: Rgb | null;
  /**
   * Which part of the photo to show, as a person sees it (after its orientation is applied).
   * Default `"center"`.
   */
  crop?: Crop;
  /** Whether the part fills the avatar or fits into it. Default `"cover"`. */
  fit?: Fit;
  /** The file format of every avatar. Default `"jpeg"`. */
  format?: Format;
  /** What the photo may cost. */
  limits?: Limits;
  /**
   * Whether several sizes may be rendered on several threads. The bytes are the same. It has no
   * effect here: wasm renders on one thread. Default `true`.
   */
  parallel?: boolean;
  /** Whether a JPEG is progressive. Default `false`. */
  progressive?: boolean;
  /**
   * Quality of a JPEG, 1 to 100 on the IJG scale. PNG and WebP are lossless and have none. Default
   * `80`.
   */
  quality?: number;
  /**
   * The avatars' sizes in pixels, 1 to 32 of them, each side 1 to 16,383. In JSON a number is a
   * square and `[width, height]` any rectangle. Default `[[256, 256]]`.
   */
  sizes?: readonly Size[];
  /** Faithful or fast decoding of large JPEGs. Default `"faithful"`. */
  speed?: Speed;
  /** How many chroma samples a JPEG keeps. Default `"4:2:0"`. */
  subsampling?: Subsampling;
  /**
   * Whether a photo smaller than the avatar is enlarged. If not, that avatar comes out as large as
   * the photo allows, in the same proportions. Default `true`.
   */
  upscale?: boolean;
}

/**
 * Which part of the photo to show.
 *
 * In JSON: a gravity's name, `[x, y]` for a focal point, `[x, y, width, height]` for a rectangle.
 *
 * - `Gravity`: The largest part of the avatar's proportions, pushed towards an edge or corner.
 * - `FocalPoint`: The largest part of the avatar's proportions, with this point as near to its
 *   centre as the edges let it be. Fractions of width and height, 0 to 1.
 * - `Rect`: This part, in pixels of the upright photo; of another shape than the avatar, its
 *   centre. It is clipped to the photo.
 */
export type Crop = Gravity | FocalPoint | Rect;

/**
 * Whether the cropped part fills the avatar or fits into it.
 *
 * - `"cover"`: Fills the avatar; what protrudes is cut off.
 * - `"contain"`: All of it is seen; the background shows beside it.
 */
export type Fit = "cover" | "contain";

/** The point that matters, as fractions of the upright photo's width and height. */
export type FocalPoint = readonly [x: number, y: number];

/**
 * A format that avatars are written in.
 *
 * - `"jpeg"`: JPEG, 8 bits, YCbCr, optimised Huffman tables.
 * - `"png"`: PNG, 8 bits, RGB or RGBA.
 * - `"webp"`: WebP, lossless, RGB or RGBA.
 */
export type Format = "jpeg" | "png" | "webp";

/** Towards which edge or corner a crop is pushed. */
export type Gravity = "center" | "north" | "northeast" | "east" | "southeast" | "south" | "southwest" | "west" | "northwest" | "centre";

/**
 * How much one render may ask for. Every limit is on by default; tighten or widen each.
 *
 * A file that asks for more is refused with `limit_exceeded`, before the memory is allocated or the
 * work is done.
 */
export interface Limits {
  /** Frames that an animation may declare; only the first is decoded. Default 10,000. */
  frames?: number;
  /** Stored height in pixels. Default 65,535. */
  height?: number;
  /** Bytes of the file. Default 64 MiB. */
  input_bytes?: number;
  /** Bytes that one render holds at once, the file itself aside. Default 64 MiB. */
  memory?: number;
  /** Stored width times height. Default 256,000,000. */
  pixels?: number;
  /** Scans that a JPEG may have. Default 100. */
  scans?: number;
  /** Stored width in pixels. Default 65,535. */
  width?: number;
  /** Samples decoded or coefficients stepped over. Default 1,073,741,824. */
  work?: number;
}

/**
 * A rectangle with fractional edges, in pixels from the top left corner of an image. In JSON
 * `[x, y, width, height]`.
 */
export type Rect = readonly [x: number, y: number, width: number, height: number];

/** An sRGB colour. In JSON a string, `"RRGGBB"` in hexadecimal, `#` before it or not. */
export type Rgb = string;

/** The spellings of `Size` in JSON. */
export type Size = number | readonly [width: number, height: number];

/**
 * How faithful the decoding of a large JPEG is to a full decode.
 *
 * - `"faithful"`: Nobody can tell it from a full decode.
 * - `"fast"`: Decodes as few samples as fill the avatar; fine detail may alias.
 */
export type Speed = "faithful" | "fast";

/**
 * How many chroma samples a JPEG keeps for each luma sample.
 *
 * - `"4:4:4"`: 4:4:4, all of them.
 * - `"4:2:2"`: 4:2:2, half across.
 * - `"4:2:0"`: 4:2:0, half across and half down.
 */
export type Subsampling = "4:4:4" | "4:2:2" | "4:2:0";
