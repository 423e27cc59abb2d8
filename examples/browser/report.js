import { render } from "roundel";

const $ = (id) => document.getElementById(id);

/** Bits a second of a poor mobile line. */
const LINE = 1e6;

/** Shows what became of the photo, or that there is none. */
export function showRender(picker, rendered) {
  $("upload").hidden = !rendered;
  $("upload-none").hidden = !!rendered;
  if (!rendered) return;
  const after = rendered.avatars.reduce((sum, { blob }) => sum + blob.size, 0);
  showSizes(picker.photo.size, after);
  showFacts(picker.crop, rendered);
  renderAgain(picker, rendered);
}

function showSizes(before, after) {
  const most = Math.max(before, after);
  $("before").textContent = bytes(before);
  $("after").textContent = bytes(after);
  $("before-bar").style.inlineSize = `${(before / most) * 100}%`;
  $("after-bar").style.inlineSize = `${(after / most) * 100}%`;
  $("saving").textContent = `At 1 Mbit/s: ${seconds(before)} for the photo, ${seconds(after)} for the avatars.`;
}

function showFacts(crop, { source, decoded, digest }) {
  const [x, y, width, height] = crop.map(Math.round);
  const turned = source.orientation > 1 ? ", turned" : "";
  $("photo-facts").textContent = `${source.format.toUpperCase()}, ${source.width} × ${source.height}${turned}`;
  $("crop").textContent = `${width} × ${height} from ${x}, ${y}`;
  $("scale").textContent = decoded.scale === 8 ? "full size" : `${decoded.scale}/8 of its size`;
  $("digest").textContent = digest.slice(0, 12);
}

/** Renders once more as any page or server may, for the time and for the bytes. */
async function renderAgain({ photo, crop, format, quality }, rendered) {
  const options = { sizes: rendered.avatars.map(({ width, height }) => [width, height]), crop };
  if (format) options.format = format;
  if (quality) options.quality = Number(quality);
  const start = performance.now();
  const { digest } = await render(photo, options);
  const time = performance.now() - start;
  if (digest !== rendered.digest) throw new Error("the same photo and options gave other bytes");
  $("again").textContent = `${Math.round(time)} ms, same bytes`;
}

function bytes(count) {
  const [value, unit] = count < 1e6 ? [count / 1e3, "kB"] : [count / 1e6, "MB"];
  return `${value.toLocaleString(undefined, { maximumFractionDigits: value < 10 ? 1 : 0 })} ${unit}`;
}

function seconds(count) {
  return `${((count * 8) / LINE).toLocaleString(undefined, { maximumSignificantDigits: 2 })} s`;
}
