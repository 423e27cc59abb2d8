/** Errors as sentences for people. */

const NEXT_STEPS = {
  malformed: "Choose another file.",
  unsupported: "Choose a JPEG, PNG, WebP, GIF or BMP.",
  limit_exceeded: "Choose a smaller photo, or raise the limit.",
  invalid_options: "Change the options.",
  internal: "Please report it, with the photo if you may.",
};

/** @param {any} error of `render`, or of the browser */
export function sentence(error) {
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
