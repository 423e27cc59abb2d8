// Generated from core/options.schema.json by `npm run generate-options`. Do not edit.

/**
 * How avatars are made from a photo.
 *
 * The defaults suit a profile picture: one 256 px square JPEG, cropped from the center, upright, in
 * sRGB, without metadata.
 */
export interface Options {
  /**
   * Whether to render a damaged photo although a visible part of it is missing. The missing part is
   * gray in a JPEG, a lossy WebP or an AVIF, and else transparent, unless a part of its data is
   * known. The report has its share of the photo. An animated avatar ends before its first damaged
   * frame. Default `false`.
   */
  accept_damaged?: boolean;
  /**
   * Whether to write an animated WebP if the photo is an animated GIF, PNG or WebP. All frames have
   * one crop and the timing of the photo, except that a frame of 10 ms or less is shown for 100 ms,
   * as in browsers. Other formats, and a photo of one frame, stay stills. An animation with a
   * damaged frame is refused, even where its first frame is sound. Needs the feature `animation`.
   * Default `false`.
   */
  animated?: boolean;
  /**
   * Fill color for transparency and letterboxing. Without it, a JPEG is filled with white, and the
   * other formats stay transparent.
   */
  background?: Rgb | null;
  /** The part of the upright photo to show. Default `"center"`. */
  crop?: Crop;
  /**
   * How much time the encoders of lossy formats spend on a smaller file that looks the same. With
   * `small`, a JPEG takes 0.90 of the bytes and several times as long, a lossy WebP 0.96 of the
   * bytes and 3 times as long, and an AVIF 0.94 and 3 times. Default `"default"`.
   */
  effort?: Effort;
  /**
   * How an enlarged photo is resampled: smoothly, or with hard edges for pixel art. Default
   * `"auto"`.
   */
  filter?: ResizeFilter;
  /** Whether the crop fills the avatar or fits inside it. Default `"cover"`. */
  fit?: Fit;
  /**
   * The file formats of the avatars, without repetition. Every size is written in each of them, in
   * this order, from one decode. In JSON one name stands for a list of one. Default `["jpeg"]`.
   */
  formats?: Formats;
  /**
   * The frame of an animated GIF, PNG or WebP that is shown. In an animated avatar, the crop is
   * chosen by this frame. Default `"first"`.
   */
  frame?: Frame;
  /** Upper bounds on the cost of one photo. */
  limits?: Limits;
  /**
   * Whether to write a lossless WebP. A PNG is always lossless, and a JPEG or an AVIF cannot be.
   * Default `false`.
   */
  lossless?: boolean;
  /**
   * The most bytes of each avatar. A lossy format gets the highest quality that fits, at most
   * `quality`. An avatar that does not fit at the lowest quality is refused, and so is a lossless
   * one that is too large.
   */
  max_bytes?: number | null;
  /**
   * Whether to render a photo on several threads if it is large or has several sizes. The bytes are
   * the same either way. Threads take more processor time, so switch them off where other photos
   * keep the cores busy. It has no effect here: wasm renders on one thread. Default `true`.
   */
  parallel?: boolean;
  /** Whether to write progressive JPEGs. Default `false`. */
  progressive?: boolean;
  /**
   * Quality of lossy formats, 1 to 100, on the scale of the Independent JPEG Group. A lossy WebP or
   * an AVIF gets the quality of its own scale that looks the same (equal SSIMULACRA2). For 80,
   * these are 82 and 83, which take 0.81 and 0.71 of the bytes of the JPEG. Default `80`.
   */
  quality?: number;
  /**
   * The shape that avatars are cut to. Outside of it, a JPEG has the background, and the other
   * formats are transparent, whatever the background. Default `"rectangle"`.
   */
  shape?: Shape;
  /**
   * The sizes of the avatars in pixels: 1 to 32 sizes, each side 1 to 16,383. In JSON a number is a
   * square and `[width, height]` is any rectangle. Default `[[256, 256]]`.
   */
  sizes?: readonly Size[];
  /** Faithful or fast decoding of large JPEGs. Default `"faithful"`. */
  speed?: Speed;
  /**
   * Chroma subsampling of JPEGs. By default 4:4:4 if no side is longer than 128 pixels, and 4:2:0
   * if one is.
   */
  subsampling?: Subsampling | null;
  /**
   * Whether to enlarge a photo that is smaller than the avatar. If `false`, that avatar comes out
   * smaller, in the same proportions. Default `true`.
   */
  upscale?: boolean;
}

/**
 * The part of the photo to show.
 *
 * In JSON: the name of a gravity, `"face"` or `"attention"`, `[x, y]` for a focal point,
 * `[x, y, width, height]` for a rectangle.
 *
 * - `Gravity`: The largest part in the avatar's proportions, moved towards an edge or corner.
 * - `Subject`: The largest part in the avatar's proportions, moved to the subject of the photo.
 *   Needs the feature `subject`. No effect with `Fit::Contain`.
 * - `FocalPoint`: The largest part in the avatar's proportions, centered on this point as closely
 *   as the photo's edges permit. Fractions of width and height, 0 to 1.
 * - `Rect`: This rectangle, in pixels of the upright photo, clipped to the photo. If its
 *   proportions differ from the avatar's, `cover` shows the center of it.
 */
export type Crop = Gravity | Subject | FocalPoint | Rect;

/**
 * How much time an encoder spends on a smaller file.
 *
 * - `"default"`: Fast enough for a request.
 * - `"small"`: The smallest file at the same look.
 */
export type Effort = "default" | "small";

/**
 * Whether the crop fills the avatar or fits inside it.
 *
 * - `"cover"`: The crop fills the avatar. Its protruding edges are cut off.
 * - `"contain"`: The whole crop is shown, with the background beside it (letterboxing).
 */
export type Fit = "cover" | "contain";

/** A point of the upright photo, in fractions of its width and height. In JSON `[x, y]`. */
export type FocalPoint = readonly [x: number, y: number];

/**
 * A format that avatars are written in.
 *
 * - `"jpeg"`: JPEG, 8 bits, YCbCr, optimized Huffman tables.
 * - `"png"`: PNG, lossless: a palette, gray or RGB at up to 8 bits, whichever is smallest, with
 *   alpha only if a pixel is not opaque.
 * - `"webp"`: WebP: lossy with `YCbCr` at 4:2:0 and lossless alpha, or lossless.
 * - `"avif"`: AVIF, lossy, 10 bits, `YCbCr` at 4:4:4. Only with the feature `avif-out`.
 */
export type Format = "jpeg" | "png" | "webp" | "avif";

/** One format, or a list of them without repetition. */
export type Formats = Format | readonly Format[];

/**
 * The frame of an animation that is shown.
 *
 * In JSON: a name, or the number of a frame.
 *
 * - `"first"`: The first frame, number 0. Of an APNG it is the image that every PNG decoder shows,
 *   although that need not be a part of the animation.
 * - `"poster"`: The first frame that is not of one color, or the first frame if every frame is.
 * - `number`: The frame of this number, from 0. A still photo has one frame.
 */
export type Frame = "first" | "poster" | number;

/** The edge or corner that a crop is moved towards. */
export type Gravity = "center" | "north" | "northeast" | "east" | "southeast" | "south" | "southwest" | "west" | "northwest" | "centre";

/**
 * Upper bounds on the cost of one photo. Every limit is on by default and can be lowered or raised.
 *
 * A file that needs more is refused with `limit_exceeded`, before the memory is allocated or the
 * work is done.
 */
export interface Limits {
  /** Milliseconds that an animated avatar takes. Default 60,000. */
  duration_ms?: number;
  /**
   * Frames that an animation declares, and frames that are decoded for one render. Default 10,000.
   */
  frames?: number;
  /** Stored height in pixels, never more than 2^28. Default 65,535. */
  height?: number;
  /** Size of the file in bytes. Default 64 MiB. */
  input_bytes?: number;
  /** Bytes that one render holds at once, not counting the file itself. Default 64 MiB. */
  memory?: number;
  /** Stored width times height; in an animated avatar, of all frames. Default 256,000,000. */
  pixels?: number;
  /** Scans of a JPEG. Default 100. */
  scans?: number;
  /** Stored width in pixels, never more than 2^28. Default 65,535. */
  width?: number;
  /**
   * Samples decoded plus coefficients parsed, and 64 for each pixel of an AVIF that is written.
   * Three times that with the effort `small`, and 11 times with `max_bytes`. An animated avatar
   * adds the samples of its avatars and 4 to 16 for each pixel written; with `max_bytes` it may be
   * decoded 11 times. Default 1,073,741,824.
   */
  work?: number;
}

/**
 * A rectangle with fractional edges, in pixels from the top left corner of an image. In JSON
 * `[x, y, width, height]`.
 */
export type Rect = readonly [x: number, y: number, width: number, height: number];

/**
 * How a photo is resampled.
 *
 * - `"auto"`: For photos and graphics: sharp, without rings beside edges.
 * - `"pixelated"`: For pixel art: an enlarged photo keeps its pixels as blocks with hard edges, and
 *   no color is added. A reduced one is resampled as by `auto`.
 */
export type ResizeFilter = "auto" | "pixelated";

/**
 * An opaque sRGB color. In JSON a string `"RRGGBB"` in hexadecimal, with or without a leading `#`.
 */
export type Rgb = string;

/**
 * The forms of `Shape` in JSON.
 *
 * - `"rectangle"`: All of the avatar.
 * - `"circle"`: The largest circle, at the center of the avatar.
 * - `string`: Round corners with this radius, in percent of the shorter side, `"0%"` to `"50%"`. In
 *   a square, `"50%"` is a circle.
 */
export type Shape = "rectangle" | "circle" | string;

/** The forms of `Size` in JSON. */
export type Size = number | readonly [width: number, height: number];

/**
 * How closely the decoding of a large JPEG follows a full decode.
 *
 * - `"faithful"`: Visually the same as a full decode, as far as a large progressive JPEG fits into
 *   memory.
 * - `"fast"`: Decodes no more samples than the avatar has pixels. Fine detail may alias.
 */
export type Speed = "faithful" | "fast";

/**
 * The subject that a crop follows.
 *
 * - `"face"`: Faces: all that fit into the avatar together, or else the largest. In a photo without
 *   a face, as `Attention`. `Rendered::faces` has what was found. No person is recognized.
 * - `"attention"`: The part that draws attention: edges, saturated colors, the colors of skin. It
 *   stays near the center.
 */
export type Subject = "face" | "attention";

/**
 * How many chroma samples a JPEG keeps for each luma sample.
 *
 * - `"4:4:4"`: 4:4:4, all of them.
 * - `"4:2:2"`: 4:2:2, half horizontally.
 * - `"4:2:0"`: 4:2:0, half horizontally and half vertically.
 */
export type Subsampling = "4:4:4" | "4:2:2" | "4:2:0";
