/** Replaces what the build for browsers does not write, so that the rest of the options can be seen. */

/** @param {Record<string, any>} options @returns {{ options: Record<string, any>, notes: string[] }} */
export function forBrowser(options) {
  const notes = [];
  const result = { ...options };
  const absent = absentFormats(options);
  if (absent.length > 0) {
    const names = absent.map((format) => (format === "webp" ? "lossy WebP" : "AVIF")).join(" and ");
    notes.push(`This package does not write ${names} in a browser. The preview is a JPEG instead. The code works in Rust and Python.`);
    result.formats = [...new Set(options.formats.map((format) => (absent.includes(format) ? "jpeg" : format)))];
  }
  if (options.effort === "small") {
    notes.push("This package has no small effort in a browser. The files are those of the default effort. The code works in Rust and Python.");
    delete result.effort;
  }
  return { options: result, notes };
}

/** Core itself says why `lossless` does not go with JPEG and AVIF. */
const absentFormats = ({ formats = [], lossless }) => (lossless ? [] : formats.filter((format) => ["webp", "avif"].includes(format)));
