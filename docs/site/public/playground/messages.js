/** Errors as sentences for people. */

const NEXT_STEPS = {
  malformed: "Choose another file.",
  unsupported: "Choose a JPEG, PNG, WebP, GIF, BMP or AVIF.",
  limit_exceeded: "Choose a smaller photo, or raise the limit.",
  invalid_options: "Change the options.",
  internal: "Please report it, with the photo if you may.",
};

/** The features that core names for a HEIC. Browsers that decode it themselves do not refuse it. */
const HEIC = ["heic", "heif"];
const HEIC_REFUSED =
  "This is a HEIC, and this browser does not decode it. The package can, but this page leaves its decoder out, because the coding is patented. Choose a JPEG.";

/** @param {any} error of `render`, or of the browser */
export function sentence(error) {
  if (HEIC.includes(error.feature)) return HEIC_REFUSED;
  const next = NEXT_STEPS[error.code];
  if (next) return `${asSentence(error.message)} ${next}`;
  if (error.name === "NotReadableError") return "The file cannot be read. It may have been moved or deleted. Choose it again.";
  return asSentence(error.message);
}

/** Core's messages are parts of sentences, with code in backticks. */
function asSentence(message) {
  const text = message.replaceAll("`", "").trim();
  return `${text[0].toUpperCase()}${text.slice(1)}${/[.!?]$/.test(text) ? "" : "."}`;
}
