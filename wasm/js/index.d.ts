import type { Format, Limits, Options } from "./options.js";

export type * from "./options.js";

/**
 * A photo: a file's bytes, recognised by content (a `File` is a `Blob`), or pixels that are
 * decoded already, as a canvas gives them. Bytes are copied, and stay yours.
 */
export type Input = Blob | ArrayBufferLike | ArrayBufferView | Pixels;

/** Upright RGBA in sRGB with straight alpha, 8 bits, the top row first; `ImageData` is one. */
export interface Pixels {
  /** In pixels. */
  readonly width: number;
  /** In pixels. */
  readonly height: number;
  /** Width times height times 4 samples. */
  readonly data: Uint8ClampedArray | Uint8Array;
}

/** A stage of a render that is done, in this order. */
export type Stage = "plan" | "decode" | "resize" | "encode";

/** How to follow a call, and how to stop it. */
export interface Call {
  /** Stops the work; the promise is rejected with the signal's reason. */
  signal?: AbortSignal;
  /** Called whenever a stage is done. What it throws rejects the promise and stops the work. */
  onProgress?: (stage: Stage) => void;
  /** Asked in turn for a format that neither core nor the browser reads: `heic`, or your own. */
  decoders?: readonly Decoder[];
}

/** Reads a format that others do not. */
export interface Decoder {
  /**
   * Decodes `input`, or gives nothing if that is in another format.
   *
   * @throws {RoundelError} if it is in this format, but damaged
   */
  decode(input: Input, options?: Options, call?: Pick<Call, "signal">): Promise<Pixels | undefined>;
}

/**
 * Makes every avatar that `options` asks for, in a worker that is started with the first call
 * and reused. Calls wait for one another.
 *
 * A format that core does not read (HEIC, AVIF) is decoded by the browser if it can; its avatars
 * then depend on the browser, and `source.format` is `"pixels"`.
 *
 * @throws {RoundelError} when the photo or the options are refused
 * @throws {DOMException} `AbortError` or the signal's reason; `NotReadableError` from a `Blob`
 */
export function render(input: Input, options?: Options, call?: Call): Promise<Rendered>;

/**
 * {@link render} in this thread: for workers of your own, Node and edge runtimes. On a page it
 * holds everything up meanwhile. A signal is looked at between stages.
 */
export function renderHere(input: Input, options?: Options, call?: Call): Promise<Rendered>;

/**
 * Reads a photo's header and nothing else. Of the options only `limits` matter.
 *
 * A format that core does not read is decoded by the browser if it can.
 *
 * @throws {RoundelError} as {@link render}, as far as the header tells
 */
export function probe(input: Input, options?: Options, call?: Omit<Call, "onProgress">): Promise<Source>;

/**
 * Hands over compiled wasm where it cannot be fetched: on edge runtimes, in single-file builds.
 * Before the first call; not needed elsewhere.
 *
 * @param module `roundel/roundel-simd.wasm`, or `roundel/roundel.wasm` where simd128 is missing
 * @param complete `roundel/complete.wasm`, for photos whose ICC profile is made of tables
 */
export function init(module: Compiled, complete?: Compiled): void;

/** Compiled wasm, or a promise of it. */
export type Compiled = WebAssembly.Module | Promise<WebAssembly.Module>;

/** Avatars, and what was learnt of the photo on the way. */
export interface Rendered {
  /** One for each of `sizes`, in their order. */
  readonly avatars: readonly Avatar[];
  /** The photo. */
  readonly source: Source;
  /** What was decoded of it. */
  readonly decoded: Decoded;
  /** Stands in while an avatar loads. */
  readonly placeholder: Placeholder;
  /** One digest for all avatars together, for a folder's name: 64 lower-case hexadecimal digits. */
  readonly digest: string;
}

/** One finished avatar. */
export interface Avatar {
  /** In pixels. */
  readonly width: number;
  /** In pixels. */
  readonly height: number;
  /** The part of the upright photo that it shows, in pixels of that photo. */
  readonly crop: readonly [x: number, y: number, width: number, height: number];
  /** The format of `bytes`. */
  readonly format: Format;
  /** The file. */
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** The file with its media type, to upload or to show. */
  readonly blob: Blob;
  /** SHA-256 of `bytes`, 64 lower-case hexadecimal digits: a name to be cached for ever. */
  readonly digest: string;
  /** The usual file name extension, without the dot. */
  readonly extension: "jpg" | "png" | "webp";
  /** The media type (IANA), as in a `Content-Type` header. */
  readonly mediaType: "image/jpeg" | "image/png" | "image/webp";
}

/** What a photo's header says. */
export interface Source {
  /** By content, never by name; `"pixels"` for `ImageData` and for what the browser decoded. */
  readonly format: "jpeg" | "png" | "webp" | "gif" | "bmp" | "pixels";
  /** In pixels, as a person sees it. */
  readonly width: number;
  /** In pixels, as a person sees it. */
  readonly height: number;
  /** Width and height in pixels as stored, before the orientation is applied. */
  readonly size: readonly [width: number, height: number];
  /** Width and height in pixels as a person sees it. */
  readonly upright_size: readonly [width: number, height: number];
  /** The value of the EXIF tag, 1 to 8; already applied by roundel. */
  readonly orientation: 1 | 2 | 3 | 4 | 5 | 6 | 7 | 8;
  /** Whether it has an alpha channel or a transparent colour. */
  readonly alpha: boolean;
  /** Whether it brings an ICC profile. */
  readonly icc: boolean;
}

/** What was decoded of a photo. */
export interface Decoded {
  /** In eighths of the stored size; 8 unless the photo is a JPEG. */
  readonly scale: number;
  /** The part, in pixels at that scale: x0 <= x < x1, y0 <= y < y1. */
  readonly region: { readonly x0: number; readonly y0: number; readonly x1: number; readonly y1: number };
  /** The side of the boxes of decoded pixels that were averaged to one. */
  readonly average: number;
  /** Whether some of it was damaged and filled in; only with `accept_damaged`. */
  readonly damaged: boolean;
}

/** Stands in while an avatar loads. */
export interface Placeholder {
  /** A ThumbHash of the smallest avatar, 5 to 37 bytes. */
  readonly thumbhash: Uint8Array<ArrayBuffer>;
  /** The colour that covers most of it, `"rrggbb"`. */
  readonly color: string;
}

/** Why a photo was refused. `message` is for a person and says what to do. */
export class RoundelError extends Error {
  constructor(
    code: RoundelError["code"],
    message: string,
    facts?: { offset?: number; limit?: keyof Limits; wanted?: number; allowed?: number },
  );
  /** Stable, and the same in every language: who is at fault. */
  readonly code: "malformed" | "unsupported" | "limit_exceeded" | "invalid_options" | "internal";
  /** The code as Rust's `Kind` and Python's exceptions spell it. */
  readonly kind: "Malformed" | "Unsupported" | "LimitExceeded" | "InvalidOptions" | "Internal";
  /** Where in the file the trouble was met, in bytes from its start, where that is known. */
  readonly offset: number | undefined;
  /** Which limit was exceeded. */
  readonly limit: keyof Limits | undefined;
  /** How much the file asked for, at least. */
  readonly wanted: number | undefined;
  /** How much was allowed. */
  readonly allowed: number | undefined;
}
