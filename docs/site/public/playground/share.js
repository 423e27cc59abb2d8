/** Options in the fragment of an address. Browsers do not send fragments to servers. */

const KEY = "#options=";

/** @param {object} options @returns {string} empty for the defaults */
export const toHash = (options) =>
  Object.keys(options).length > 0 ? KEY + encodeURIComponent(JSON.stringify(options)) : "";

/** @param {string} hash @returns {{ options: Record<string, any>, problem?: string }} */
export function fromHash(hash) {
  if (!hash.startsWith(KEY)) return { options: {} };
  try {
    const options = JSON.parse(decodeURIComponent(hash.slice(KEY.length)));
    if (options === null || typeof options !== "object" || Array.isArray(options)) throw new Error("not an object");
    return { options };
  } catch {
    return { options: {}, problem: "The link is damaged, so the options are the defaults." };
  }
}
