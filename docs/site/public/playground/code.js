/** Options as code. Each function gives a whole program that needs only a photo. */

/** @typedef {Record<string, any>} Options those that differ from the defaults */

const LINE = 88;

// Rust

const RUST_NAMES = {
  effort: "Effort",
  filter: "ResizeFilter",
  fit: "Fit",
  speed: "Speed",
};
const SUBSAMPLING = { "4:4:4": "Full", "4:2:2": "Half", "4:2:0": "Quarter" };
const SUBJECTS = ["face", "attention"];

const capitalized = (name) => name[0].toUpperCase() + name.slice(1);
const float = (number) => (Number.isInteger(number) ? `${number}.0` : `${number}`);

/** Each writes a value and names the types that it uses. */
const RUST = {
  sizes: (sizes, use) => `vec![${sizes.map((size) => rustSize(size, use)).join(", ")}]`,
  formats: (formats, use) => `vec![${formats.map((format) => `${use("Format")}::${capitalized(format)}`).join(", ")}]`,
  max_bytes: (bytes) => `Some(${bytes})`,
  subsampling: (ratio, use) => `Some(${use("Subsampling")}::${SUBSAMPLING[ratio]})`,
  background: (color, use) => `Some(${use("Rgb")}([${color.match(/../g).map((digits) => `0x${digits.toLowerCase()}`).join(", ")}]))`,
  frame: (frame, use) => `${use("Frame")}::${typeof frame === "number" ? `Number(${frame})` : capitalized(frame)}`,
  crop: rustCrop,
  shape: (shape, use) => `${use("Shape")}::${/%$/.test(shape) ? `Rounded(${parseInt(shape, 10)})` : capitalized(shape)}`,
  limits: (limits, use) => {
    const fields = Object.entries(limits).map(([name, value]) => `${name}: ${value}`);
    return `${use("Limits")} { ${fields.join(", ")}, ..Limits::default() }`;
  },
};

function rustSize(size, use) {
  const name = use("Size");
  return typeof size === "number" ? `${name}::square(${size})` : `${name}::new(${size.join(", ")})`;
}

function rustCrop(crop, use) {
  const name = use("Crop");
  if (SUBJECTS.includes(crop)) return `${name}::Subject(${use("Subject")}::${capitalized(crop)})`;
  if (typeof crop === "string") return `${name}::Gravity(${use("Gravity")}::${capitalized(crop)})`;
  const numbers = crop.map(float);
  if (crop.length === 2) return `${name}::Focal(${use("FocalPoint")} { x: ${numbers[0]}, y: ${numbers[1]} })`;
  return `${name}::Rect(${use("Rect")} { x: ${numbers[0]}, y: ${numbers[1]}, width: ${numbers[2]}, height: ${numbers[3]} })`;
}

/** @param {Options} options */
export function toRust(options) {
  const types = new Set(["Options", "Rendered"]);
  const use = (name) => types.add(name) && name;
  const fields = Object.entries(options).map(([name, value]) => {
    const simple = () => (RUST_NAMES[name] ? `${use(RUST_NAMES[name])}::${capitalized(value)}` : String(value));
    return `        ${name}: ${RUST[name]?.(value, use) ?? simple()},\n`;
  });
  const rest = fields.length > 0 ? `Options {\n${fields.join("")}        ..Options::default()\n    }` : "Options::default()";
  const features = rustFeatures(options);
  return `${features.length > 0 ? `// Cargo features: ${features.join(", ")}\n` : ""}use roundel::{${[...types].sort().join(", ")}, render};

fn avatars(photo: &[u8]) -> roundel::Result<Rendered> {
    let options = ${rest};
    render(photo, &options)
}`;
}

/** The features that the options need. */
function rustFeatures({ formats = ["jpeg"], lossless, effort, crop, animated }) {
  return [
    formats.includes("webp") && !lossless && "webp-lossy",
    formats.includes("avif") && "avif-out",
    formats.includes("jpeg") && effort === "small" && "jpeg-small",
    SUBJECTS.includes(crop) && "subject",
    animated && "animation",
  ].filter(Boolean);
}

// Python

function python(value) {
  if (Array.isArray(value)) return `[${value.map((item) => (Array.isArray(item) ? `(${item.map(python).join(", ")})` : python(item))).join(", ")}]`;
  if (value && typeof value === "object") return `{${Object.entries(value).map(([name, item]) => `"${name}": ${python(item)}`).join(", ")}}`;
  if (typeof value === "boolean") return capitalized(String(value));
  return JSON.stringify(value);
}

/** A point and a rectangle are tuples. */
const pythonOption = (name, value) => (name === "crop" && Array.isArray(value) ? `(${value.map(python).join(", ")})` : python(value));

/** @param {Options} options */
export function toPython(options) {
  const words = ['"photo.jpg"', ...Object.entries(options).map(([name, value]) => `${name}=${pythonOption(name, value)}`)];
  return `import roundel

rendered = roundel.render(${wrapped(words)})
for avatar in rendered.avatars:
    avatar.save(f"{avatar.digest}.{avatar.extension}")`;
}

const wrapped = (words) => {
  const line = words.join(", ");
  return line.length < LINE - 26 ? line : `\n${words.map((word) => `    ${word},\n`).join("")}`;
};

// JavaScript

const javascript = (value) =>
  value && typeof value === "object" && !Array.isArray(value)
    ? `{ ${Object.entries(value).map(([name, item]) => `${name}: ${javascript(item)}`).join(", ")} }`
    : Array.isArray(value)
      ? `[${value.map(javascript).join(", ")}]`
      : JSON.stringify(value);

/** @param {Options} options */
export function toJavaScript(options) {
  const fields = Object.entries(options).map(([name, value]) => `${name}: ${javascript(value)}`);
  const line = `{ ${fields.join(", ")} }`;
  const block = `{\n${fields.map((field) => `    ${field},\n`).join("")}  }`;
  const argument = fields.length === 0 ? "" : `, ${line.length < LINE - 40 ? line : block}`;
  return `${browserNote(options)}import { render } from "roundel";

export async function avatars(photo) {
  const rendered = await render(photo${argument});
  return rendered.avatars.map(({ blob }) => blob);
}`;
}

const browserNote = ({ formats = ["jpeg"], lossless, effort }) =>
  formats.includes("avif") || (formats.includes("webp") && !lossless) || effort === "small"
    ? "// The npm package does not write lossy WebP and AVIF, and has no small effort. It refuses these options.\n"
    : "";

// The command line

const FLAGS = {
  upscale: () => "--no-upscale",
  sizes: (sizes) => `--sizes ${sizes.map((size) => (Array.isArray(size) ? size.join("x") : size)).join(",")}`,
  formats: (formats) => `--formats ${formats.join(",")}`,
};

/** @param {Options} options */
export function toCommand({ limits, parallel, ...options }) {
  const words = Object.entries(options).map(([name, value]) => {
    const flag = `--${name.replaceAll("_", "-")}`;
    return FLAGS[name]?.(value) ?? (value === true ? flag : `${flag} ${value}`);
  });
  // Sizes have another default there.
  const sizes = options.sizes ? [] : ["--sizes 256"];
  const left = [limits && "limits", parallel !== undefined && "parallel"].filter(Boolean).join(" and ");
  return `${left ? `# The command line has no flag for ${left}.\n` : ""}roundel photo.jpg ${[...sizes, ...words].join(" ")}`;
}

/** @param {Options} options */
export const toJson = (options) => JSON.stringify(options, null, 2);
