/** A format that avatars are written in; PNG and WebP are lossless. */
export type Format = "jpeg" | "png" | "webp";

/** How many chroma samples a JPEG keeps. */
export type Subsampling = "4:4:4" | "4:2:2" | "4:2:0";

/** Whether the crop fills the avatar, or all of it is seen and the background shows beside it. */
export type Fit = "cover" | "contain";

/** Whether nobody can tell it from a full decode, or as few samples as fill the avatar are decoded. */
export type Speed = "faithful" | "fast";

/** Towards which edge or corner a crop is pushed. */
export type Gravity =
  | "centre"
  | "center"
  | "north"
  | "northeast"
  | "east"
  | "southeast"
  | "south"
  | "southwest"
  | "west"
  | "northwest";

/** The point that matters, in fractions of the upright photo: 0, 0 is its top left corner. */
export type FocalPoint = readonly [x: number, y: number];

/** Pixels of the upright photo, from its top left corner. */
export type Rect = readonly [x: number, y: number, width: number, height: number];

/**
 * A gravity or a focal point is the largest part of the avatar's proportions; a rectangle of
 * another shape than the avatar, its centre.
 */
export type Crop = Gravity | FocalPoint | Rect;

/** A square's side, or width and height, in pixels: each 1 to 16,383. */
export type Size = number | readonly [width: number, height: number];

/** What one photo may ask for. A file that asks for more is refused before the work is done. */
export interface Limits {
  /** Bytes of the file. Default 64 MiB. */
  input_bytes?: number;
  /** Stored width in pixels. Default 65,535. */
  width?: number;
  /** Stored height in pixels. Default 65,535. */
  height?: number;
  /** Stored width times height. Default 256,000,000. */
  pixels?: number;
  /** Bytes that one render holds at once, the file itself aside. Default 64 MiB. */
  memory?: number;
  /** Frames that an animation may declare; only the first is decoded. Default 10,000. */
  frames?: number;
  /** Scans that a JPEG may have. Default 100. */
  scans?: number;
  /** Samples decoded or coefficients stepped over. Default 1,073,741,824. */
  work?: number;
}

/**
 * What to make of a photo. Each option has a default that suits a profile picture. The names are
 * those of the JSON that Rust, Python and Lambda take too, so that one file of options serves all.
 */
export interface Options {
  /** 1 to 32 sizes. Default `[256]`. */
  sizes?: readonly Size[];
  /** The file format of every avatar. Default `"jpeg"`. */
  format?: Format;
  /** Quality of a JPEG, 1 to 100 on the IJG scale. Default 80. */
  quality?: number;
  /** Whether a JPEG is progressive. Default `false`. */
  progressive?: boolean;
  /** How many chroma samples a JPEG keeps. Default `"4:2:0"`. */
  subsampling?: Subsampling;
  /** Which part of the photo to show, as a person sees it. Default `"center"`. */
  crop?: Crop;
  /** Whether the part fills the avatar or fits into it. Default `"cover"`. */
  fit?: Fit;
  /**
   * `"RRGGBB"` behind transparency and beside a contained photo. Default white in a JPEG,
   * transparent otherwise.
   */
  background?: string | null;
  /** Whether a smaller photo is enlarged; if not, its avatar is smaller. Default `true`. */
  upscale?: boolean;
  /** Faithful or fast decoding of large JPEGs. Default `"faithful"`. */
  speed?: Speed;
  /** Whether a damaged JPEG is rendered although a part that shows is missing. Default `false`. */
  accept_damaged?: boolean;
  /** Without effect here: wasm renders on one thread. The bytes are the same. Default `true`. */
  parallel?: boolean;
  /** What the photo may cost. */
  limits?: Limits;
}
