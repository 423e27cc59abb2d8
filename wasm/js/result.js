/** Converts core's reports to the types of index.d.ts. */

/** @import { Avatar as AvatarType, Rendered, Source } from "./index.js" */
/** @import { Format } from "./options.js" */

/** @type {Record<Format, AvatarType["extension"]>} */
const EXTENSIONS = { jpeg: "jpg", png: "png", webp: "webp", avif: "avif" };

/** One finished avatar. */
class Avatar {
  /** @type {Blob | undefined} */
  #blob;

  /**
   * @param {{ size: [number, number], crop: AvatarType["crop"], format: Format, digest: string, frames: number, duration_ms: number }} report
   * @param {Uint8Array<ArrayBuffer>} bytes
   */
  constructor({ size: [width, height], crop, format, digest, frames, duration_ms }, bytes) {
    this.width = width;
    this.height = height;
    this.crop = crop;
    this.format = format;
    this.digest = digest;
    this.frames = frames;
    this.durationMs = duration_ms;
    this.bytes = bytes;
  }

  get extension() {
    return EXTENSIONS[this.format];
  }

  get mediaType() {
    return /** @type {const} */ (`image/${this.format}`);
  }

  /** Created on first access. */
  get blob() {
    return (this.#blob ??= new Blob([this.bytes], { type: this.mediaType }));
  }
}

/** @param {any} report @returns {Source} */
export function toSource({ upright_size: [width, height], ...report }) {
  return { ...report, width, height };
}

/** @param {{ report: any, files: Uint8Array<ArrayBuffer>[] }} output @returns {Rendered} */
export function toRendered({ report, files }) {
  const { avatars, placeholder, decoded, faces, source, digest } = report;
  return {
    avatars: files.map((bytes, index) => new Avatar(avatars[index], bytes)),
    source: toSource(source),
    decoded,
    faces,
    placeholder: { ...placeholder, thumbhash: Uint8Array.from(placeholder.thumbhash) },
    digest,
  };
}
