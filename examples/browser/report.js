import { render } from "roundel";

const $ = (id) => document.getElementById(id);

/** Bits per second of a slow mobile connection. */
const BANDWIDTH = 1e6;

/** Shows the sizes and the details of a render, or a text if there is none. */
export function showRender(picker, rendered) {
  $("upload").hidden = !rendered;
  $("upload-none").hidden = !!rendered;
  if (!rendered) return;
  const after = rendered.avatars.reduce((sum, { blob }) => sum + blob.size, 0);
  showSizes(picker.photo.size, after);
  showDetails(picker.crop, rendered);
  renderAgain(picker, rendered);
}

function showSizes(before, after) {
  const max = Math.max(before, after);
  $("before").textContent = formatBytes(before);
  $("after").textContent = formatBytes(after);
  $("before-bar").style.inlineSize = `${(before / max) * 100}%`;
  $("after-bar").style.inlineSize = `${(after / max) * 100}%`;
  $("saving").textContent = `At 1 Mbit/s: ${formatSeconds(before)} for the photo, ${formatSeconds(after)} for the avatars.`;
}

function showDetails(crop, { source, decoded, digest }) {
  const [x, y, width, height] = crop.map(Math.round);
  const orientation = source.orientation > 1 ? ", rotated" : "";
  $("photo-details").textContent = `${source.format.toUpperCase()}, ${source.width} × ${source.height}${orientation}`;
  $("crop").textContent = `${width} × ${height} from ${x}, ${y}`;
  $("scale").textContent = decoded.scale === 8 ? "full size" : `${decoded.scale}/8 of its size`;
  $("digest").textContent = digest.slice(0, 12);
}

/** Renders again without the picker, as any page or server can, to measure the time and compare the bytes. */
async function renderAgain({ photo, crop, formats, quality, options: further }, rendered) {
  const options = { ...further, sizes: rendered.avatars.map(({ width, height }) => [width, height]), crop };
  if (formats) options.formats = formats;
  if (quality) options.quality = Number(quality);
  const start = performance.now();
  const { digest } = await render(photo, options);
  const time = performance.now() - start;
  if (digest !== rendered.digest) throw new Error("the same photo and options gave different bytes");
  $("again").textContent = `${Math.round(time)} ms, same bytes`;
}

function formatBytes(count) {
  const [value, unit] = count < 1e6 ? [count / 1e3, "kB"] : [count / 1e6, "MB"];
  return `${value.toLocaleString(undefined, { maximumFractionDigits: value < 10 ? 1 : 0 })} ${unit}`;
}

function formatSeconds(count) {
  return `${((count * 8) / BANDWIDTH).toLocaleString(undefined, { maximumSignificantDigits: 2 })} s`;
}
