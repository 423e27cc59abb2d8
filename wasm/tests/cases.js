/** core's cases.json, as any engine can run it. */

/**
 * What differs from what the cases expect, by name.
 *
 * @param {any} file cases.json
 * @param {(path: string) => Promise<Uint8Array>} load a file of the repository
 * @param {(bytes: Uint8Array, options: any) => Promise<any>} render
 */
export async function differences({ inputs, cases }, load, render) {
  const differ = [];
  for (const { name, input, options, expect } of cases) {
    const got = await outcome(await bytes(inputs[input], load), options, render);
    if (JSON.stringify(got) !== JSON.stringify(pick(expect))) differ.push({ name, expect, got });
  }
  return differ;
}

/** In one order of fields. */
const pick = ({ error, format, sizes, digest }) => (error ? { error } : { format, sizes, digest });

const bytes = async ({ file, base64 }, load) =>
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
