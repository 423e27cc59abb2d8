import type { Format, Limits, Options, Rect } from "./options.js";

export type * from "./options.js";

/**
 * A photo: the bytes of a file, or decoded pixels. The content decides the format of a file.
 *
 * Bytes are copied, so that the caller keeps its own. A `File` is a `Blob`.
 */
export type Photo = Blob | ArrayBufferLike | ArrayBufferView | Pixels;

/** Upright RGBA pixels in sRGB with straight alpha, 8 bits, the top row first. `ImageData` is one. */
export interface Pixels {
  /** In pixels. */
  readonly width: number;
  /** In pixels. */
  readonly height: number;
  /** The samples: width times height times 4. */
  readonly data: Uint8ClampedArray | Uint8Array;
}

/** A stage of a render. They finish in this order. */
export type Stage = "plan" | "decode" | "resize" | "encode";

/** How to observe and stop one call. */
export interface CallOptions {
  /** Stops the work and rejects the promise with the signal's reason. */
  signal?: AbortSignal;
  /** Called after each stage. An exception in it stops the work and rejects the promise. */
  onProgress?: (stage: Stage) => void;
  /**
   * Decoders for formats that are not read without them: `heic` of `roundel/heic`, or your own. Yours are
   * tried in order, after the browser's.
   */
  decoders?: readonly (FormatDecoder | Decoder)[];
}

/** A decoder of this package, in wasm of its own: `heic` of `roundel/heic`. */
export interface FormatDecoder {
  /** Sets the compiled wasm where it cannot be fetched, as the function {@link init} does. */
  init(module: WasmModule): void;
}

/** Decodes a format that neither roundel nor the browser supports. */
export interface Decoder {
  /**
   * Decodes `photo`. Returns `undefined` if it is in another format.
   *
   * @throws {RoundelError} if the photo is in this format, but damaged
   */
  decode(photo: Photo, options?: Options, callOptions?: Pick<CallOptions, "signal">): Promise<Pixels | undefined>;
}

/**
 * Renders the avatars of a photo in a worker.
 *
 * The worker is started by the first call and reused. Calls are queued.
 *
 * A format that roundel does not read is decoded by the browser if possible. Those avatars depend on the
 * browser, and their `source.format` is `"pixels"`.
 *
 * @throws {RoundelError} if the photo or the options are refused
 * @throws {DOMException} `AbortError`, or the signal's reason; `NotReadableError` for a `Blob`
 */
export function render(photo: Photo, options?: Options, callOptions?: CallOptions): Promise<Rendered>;

/**
 * Renders like {@link render}, but in the current thread.
 *
 * This is for your own workers, Node and edge runtimes. On a page it blocks the user interface.
 * A signal is checked between stages only.
 */
export function renderHere(photo: Photo, options?: Options, callOptions?: CallOptions): Promise<Rendered>;

/**
 * Reads only the header of a photo. Of the options it uses `limits`.
 *
 * A format that roundel does not read is decoded by the browser if possible.
 *
 * @throws {RoundelError} as {@link render}, if the header is enough to refuse the photo
 */
export function probe(photo: Photo, options?: Options, callOptions?: Omit<CallOptions, "onProgress">): Promise<Source>;

/**
 * Sets the compiled wasm, for edge runtimes and single-file builds, which cannot fetch it.
 *
 * Call it before any other function.
 *
 * @param module `roundel/roundel-simd.wasm`, or `roundel/roundel.wasm` where simd128 is missing
 * @param completeModule `roundel/complete.wasm`, for photos with an ICC profile with lookup tables, crops
 *   that follow faces, and animated avatars
 * @param avifModule `roundel/avif.wasm`. (For HEIC, `heic.init` receives `roundel/heic.wasm`.)
 */
export function init(module: WasmModule, completeModule?: WasmModule, avifModule?: WasmModule): void;

/** Compiled wasm, or a promise of it. */
export type WasmModule = WebAssembly.Module | Promise<WebAssembly.Module>;

/** The result of a render. */
export interface Rendered {
  /** One avatar for each of `sizes`, in the same order. */
  readonly avatars: readonly Avatar[];
  /** The header of the photo. */
  readonly source: Source;
  /** The part of the photo that was decoded. */
  readonly decoded: Decoded;
  /** The faces that were found, that with the highest score first. Empty unless `crop` is `"face"`. */
  readonly faces: readonly Face[];
  /** Shown while an avatar loads. */
  readonly placeholder: Placeholder;
  /** One digest of all avatars together, for the name of a folder: 64 lowercase hexadecimal digits. */
  readonly digest: string;
}

/** A face in a photo. It says where a face is, and not whose. */
export interface Face {
  /** From the brows to the chin, in pixels of the upright photo. It may reach beyond the photo. */
  readonly rect: Rect;
  /** How likely it is a face, 0.68 to 1. Less likely ones are left out. */
  readonly score: number;
}

/** One finished avatar. */
export interface Avatar {
  /** In pixels. */
  readonly width: number;
  /** In pixels. */
  readonly height: number;
  /** The part of the upright photo that it shows, in pixels. */
  readonly crop: Rect;
  /** The format of `bytes`. */
  readonly format: Format;
  /** The file. */
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** The file with its media type, to upload or to show. */
  readonly blob: Blob;
  /** SHA-256 of `bytes`, 64 lowercase hexadecimal digits: a name for caches that never expire. */
  readonly digest: string;
  /**
   * The frames in the file: 1, or more if it is animated. Frames of the photo that look the same one after
   * the other are one.
   */
  readonly frames: number;
  /** Milliseconds that all frames take together, 0 for a still. */
  readonly durationMs: number;
  /** The usual file name extension, without the dot. */
  readonly extension: "jpg" | "png" | "webp" | "avif";
  /** The media type (IANA), as in a `Content-Type` header. */
  readonly mediaType: "image/jpeg" | "image/png" | "image/webp" | "image/avif";
}

/** The header of a photo. */
export interface Source {
  /** By content, not by name. `"pixels"` for `ImageData` and for photos that the browser decoded. */
  readonly format: "jpeg" | "png" | "webp" | "gif" | "bmp" | "heic" | "avif" | "pixels";
  /** In pixels, upright. */
  readonly width: number;
  /** In pixels, upright. */
  readonly height: number;
  /** Width and height in pixels as stored, before the orientation is applied. */
  readonly size: readonly [width: number, height: number];
  /** The value of the EXIF tag, 1 to 8. The avatars are upright. */
  readonly orientation: 1 | 2 | 3 | 4 | 5 | 6 | 7 | 8;
  /** Whether it has an alpha channel or a transparent color. */
  readonly alpha: boolean;
  /** Whether it has an ICC profile. */
  readonly icc: boolean;
}

/** The part of a photo that was decoded. */
export interface Decoded {
  /** In eighths of the stored size; 8 unless the photo is a JPEG or a lossy WebP. */
  readonly scale: number;
  /** The region in pixels at that scale: x0 <= x < x1, y0 <= y < y1. */
  readonly region: { readonly x0: number; readonly y0: number; readonly x1: number; readonly y1: number };
  /** The side of the squares of decoded pixels that were averaged to one pixel. */
  readonly average: number;
  /** Whether a part was damaged and filled in; only with `accept_damaged`. */
  readonly damaged: boolean;
  /**
   * The share of the region's pixels that were damaged or absent and were filled in, 0 to 1. More than
   * 0 if and only if `damaged`. It is one number for all avatars.
   */
  readonly missing: number;
}

/** Shown while an avatar loads. */
export interface Placeholder {
  /** A ThumbHash of the smallest avatar, 5 to 37 bytes. */
  readonly thumbhash: Uint8Array<ArrayBuffer>;
  /** The dominant color, `"rrggbb"`. */
  readonly color: string;
}

/** Where it is known, the details of an error. */
export interface ErrorDetails {
  /** The feature or format that is not supported, such as `"heic"` or `"jpeg_arithmetic"`. */
  feature?: string;
  /** The position in the file at which the error was found, in bytes. */
  offset?: number;
  /** The limit that was exceeded. */
  limit?: keyof Limits | "max_bytes";
  /** The value that the photo needs, at least. */
  wanted?: number;
  /** The value that the limit allows. */
  allowed?: number;
}

/** Why a photo was refused. The `message` is for people and says what to do. */
export class RoundelError extends Error {
  constructor(code: RoundelError["code"], message: string, details?: ErrorDetails);
  /** The cause. It is stable, and the same in every language. */
  readonly code: "malformed" | "unsupported" | "limit_exceeded" | "invalid_options" | "internal";
  /** The code in the spelling of Rust's `ErrorKind`. */
  readonly kind: "Malformed" | "Unsupported" | "LimitExceeded" | "InvalidOptions" | "Internal";
  /** The feature or format that is not supported, such as `"heic"` or `"jpeg_arithmetic"`. */
  readonly feature: string | undefined;
  /** The position in the file at which the error was found, in bytes. */
  readonly offset: number | undefined;
  /** The limit that was exceeded. */
  readonly limit: keyof Limits | "max_bytes" | undefined;
  /** The value that the photo needs, at least. */
  readonly wanted: number | undefined;
  /** The value that the limit allows. */
  readonly allowed: number | undefined;
}
