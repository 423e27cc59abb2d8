/** Runs core's cases.json in any JavaScript engine. */

/** Features of core that read a format. Without them, its photos are refused as unsupported. */
const FORMATS = ["avif", "heic"];

/**
 * The cases whose result differs from the expected one.
 *
 * @param {any} file cases.json
 * @param {(path: string) => Promise<Uint8Array>} load reads a file of the repository
 * @param {(bytes: Uint8Array, options: any) => Promise<any>} render
 * @param {readonly string[]} formats those of `FORMATS` that `render` reads
 */
export async function differences({ inputs, cases }, load, render, formats) {
  const differing = [];
  for (const { name, input, feature, options, expect } of cases) {
    const actual = await outcome(await inputBytes(inputs[input], load), options, render);
    const expected = !feature || formats.includes(feature) ? comparable(expect) : refusal(feature);
    if (JSON.stringify(actual) !== JSON.stringify(expected)) differing.push({ name, expect, actual });
  }
  return differing;
}

/** wasm has none of the other features that cases name. @param {string} feature */
const refusal = (feature) => ({ error: FORMATS.includes(feature) ? "unsupported" : "invalid_options" });

/** The compared fields, in a fixed order. */
const comparable = ({ error, format, sizes, digest }) => (error ? { error } : { format, sizes, digest });

const inputBytes = async ({ file, base64 }, load) =>
  file ? load(file) : Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0));

async function outcome(photo, options, render) {
  try {
    const { avatars, digest } = await render(photo, options);
    const sizes = avatars.map(({ width, height }) => [width, height]);
    return { format: avatars[0].format, sizes, digest };
  } catch (error) {
    if (!error.code) throw error;
    return { error: error.code };
  }
}
