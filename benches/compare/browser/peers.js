/**
 * The compared libraries. Each converts a JPEG in a Blob to a JPEG of at most 512 px per side,
 * quality 80, with its best filter. Each function loads its library and returns the function that
 * is timed.
 */

const SIDE = 512;
const QUALITY = 80;

const fit = ({ width, height }) => {
  const scale = SIDE / Math.max(width, height);
  return { width: Math.round(width * scale), height: Math.round(height * scale) };
};

const roundel = async () => {
  const { probe, render } = await import("roundel");
  return async (blob) => {
    const { width, height } = fit(await probe(blob));
    const { avatars } = await render(blob, { sizes: [[width, height]], quality: QUALITY });
    return avatars[0].blob;
  };
};

const canvas = async () => async (blob) => {
  const bitmap = await createImageBitmap(blob);
  const { width, height } = fit(bitmap);
  const canvas = new OffscreenCanvas(width, height);
  const context = canvas.getContext("2d");
  context.imageSmoothingQuality = "high";
  context.drawImage(bitmap, 0, 0, width, height);
  bitmap.close();
  return canvas.convertToBlob({ type: "image/jpeg", quality: QUALITY / 100 });
};

const jsquash = async () => {
  const folder = "/benches/compare/browser/node_modules/@jsquash";
  const { default: decode } = await import(`${folder}/jpeg/decode.js`);
  const { default: encode } = await import(`${folder}/jpeg/encode.js`);
  const { default: resize } = await import(`${folder}/resize/index.js`);
  return async (blob) => {
    const image = await decode(await blob.arrayBuffer());
    const small = await resize(image, { ...fit(image), method: "lanczos3" });
    return new Blob([await encode(small, { quality: QUALITY })], { type: "image/jpeg" });
  };
};

const pica = async () => {
  const module = await import("pica");
  const create = module.default ?? module.pica;
  const resizer = create();
  return async (blob) => {
    const bitmap = await createImageBitmap(blob);
    const canvas = Object.assign(document.createElement("canvas"), fit(bitmap));
    await resizer.resize(bitmap, canvas, { filter: "lanczos3" });
    bitmap.close();
    return resizer.toBlob(canvas, "image/jpeg", QUALITY / 100);
  };
};

const compression = async () => {
  const { default: compress } = await import("browser-image-compression");
  // Its worker loads the library from a CDN.
  const options = { maxWidthOrHeight: SIDE, initialQuality: QUALITY / 100, maxSizeMB: 99, useWebWorker: false };
  return (blob) => compress(new File([blob], "photo.jpg", { type: "image/jpeg" }), options);
};

const vips = async () => {
  const { default: Vips } = await import("wasm-vips");
  const vips = await Vips({ dynamicLibraries: [] });
  return async (blob) => {
    const image = vips.Image.thumbnailBuffer(await blob.arrayBuffer(), SIDE, { height: SIDE });
    const bytes = image.writeToBuffer(".jpg", { Q: QUALITY, keep: 0 });
    image.delete();
    return new Blob([bytes], { type: "image/jpeg" });
  };
};

// Its glue imports the wasm, which only bundlers can do. So the import is replaced.
const photon = async () => {
  const folder = "/benches/compare/browser/node_modules/@silvia-odwyer/photon";
  const source = await (await fetch(`${folder}/photon_rs_bg.js`)).text();
  const patched = source.replace(/^import .*$/m, "let wasm; export const setWasm = (exports) => (wasm = exports);");
  const glue = await import(URL.createObjectURL(new Blob([patched], { type: "text/javascript" })));
  const response = await fetch(`${folder}/photon_rs_bg.wasm`);
  const { instance } = await WebAssembly.instantiateStreaming(response, { "./photon_rs_bg.js": glue });
  glue.setWasm(instance.exports);
  return async (blob) => {
    const image = glue.PhotonImage.new_from_byteslice(new Uint8Array(await blob.arrayBuffer()));
    const { width, height } = fit({ width: image.get_width(), height: image.get_height() });
    const small = glue.resize(image, width, height, glue.SamplingFilter.Lanczos3);
    const bytes = small.get_bytes_jpeg(QUALITY);
    image.free();
    small.free();
    return new Blob([bytes], { type: "image/jpeg" });
  };
};

export const peers = {
  roundel,
  "createImageBitmap, canvas": canvas,
  pica,
  "browser-image-compression": compression,
  "wasm-vips": vips,
  jSquash: jsquash,
  photon,
};
