/** Runs core's cases.json in any JavaScript engine. */

/**
 * The cases whose result differs from the expected one.
 *
 * @param {any} file cases.json
 * @param {(path: string) => Promise<Uint8Array>} load reads a file of the repository
 * @param {(bytes: Uint8Array, options: any) => Promise<any>} render
 */
export async function differences({ inputs, cases }, load, render) {
  const differing = [];
  for (const { name, input, feature, options, expect } of cases) {
    const actual = await outcome(await inputBytes(inputs[input], load), options, render);
    // wasm has none of the features that cases name.
    const expected = feature ? { error: "invalid_options" } : comparable(expect);
    if (JSON.stringify(actual) !== JSON.stringify(expected)) differing.push({ name, expect, actual });
  }
  return differing;
}

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
