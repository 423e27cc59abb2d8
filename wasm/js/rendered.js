/** From core's reports to what index.d.ts promises. */

/** @import { Avatar as Declared, Rendered, Source } from "./index.js" */
/** @import { Format } from "./options.js" */
/** @typedef {[x: number, y: number, width: number, height: number]} Crop */

/** @type {Record<Format, Declared["extension"]>} */
const EXTENSIONS = { jpeg: "jpg", png: "png", webp: "webp" };

/** One finished avatar. */
class Avatar {
  /** @type {Blob | undefined} */
  #blob;

  /**
   * @param {{ size: [number, number], format: Format, digest: string, crop: Crop }} report
   * @param {Uint8Array<ArrayBuffer>} bytes
   */
  constructor({ size: [width, height], format, digest, crop }, bytes) {
    this.width = width;
    this.height = height;
    this.format = format;
    this.digest = digest;
    this.crop = crop;
    this.bytes = bytes;
  }

  get extension() {
    return EXTENSIONS[this.format];
  }

  get mediaType() {
    return /** @type {const} */ (`image/${this.format}`);
  }

  /** Made when it is first asked for. */
  get blob() {
    return (this.#blob ??= new Blob([this.bytes], { type: this.mediaType }));
  }
}

/** @param {any} report @returns {Source} */
export function source(report) {
  const [width, height] = report.upright_size;
  return { ...report, width, height };
}

/** @param {{ report: any, files: Uint8Array<ArrayBuffer>[] }} outcome @returns {Rendered} */
export function rendered({ report, files }) {
  const { avatars, placeholder, decoded, digest } = report;
  return {
    avatars: files.map((bytes, index) => new Avatar(avatars[index], bytes)),
    source: source(report.source),
    decoded,
    placeholder: { ...placeholder, thumbhash: Uint8Array.from(placeholder.thumbhash) },
    digest,
  };
}
