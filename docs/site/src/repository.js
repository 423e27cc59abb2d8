/** Reads files of the repository: pages, sections of pages, and the code in them. */

import { existsSync, readFileSync } from "node:fs";
import { posix } from "node:path";

import { slugify } from "./slug.js";

export const ROOT = new URL("../../../", import.meta.url);

/** @param {string} path from the root of the repository */
export const read = (path) => readFileSync(new URL(path, ROOT), "utf8");

/** @param {string} path from the root of the repository */
export const exists = (path) => existsSync(new URL(path, ROOT));

/**
 * The address of the repository, or undefined before it has one.
 *
 * @returns {string | undefined}
 */
export const repositoryAddress = () => /^repository = "(.+?)\/?"$/m.exec(read("Cargo.toml"))?.[1];

/**
 * A page without its title, or one of its sections without the heading.
 *
 * @param {string} reference `README.md`, or `README.md#options`
 * @returns {string} Markdown whose sections start at the second level, or in a section at the third
 */
export function section(reference) {
  const [path, slug] = reference.split("#");
  const lines = markLines(read(path));
  const start = lines.findIndex(({ level, text }) => (slug ? level && slugify(text) === slug : level === 1));
  if (start < 0) throw new Error(`${reference}: there is no such heading`);
  const { level } = lines[start];
  const length = slug ? lines.slice(start + 1).findIndex((line) => line.level && line.level <= level) : -1;
  const body = lines.slice(start + 1, length < 0 ? undefined : start + 1 + length);
  const shift = slug ? 2 - level : 0;
  return body.map((line) => shiftHeading(line, shift)).join("\n").trim();
}

const shiftHeading = ({ line, level }, shift) => (level ? "#".repeat(level + shift) + line.slice(level) : line);

/** Finds the headings. A line in a block of code is none. */
function markLines(text) {
  let fenced = false;
  return text.split("\n").map((line) => {
    if (/^\s*```/.test(line)) fenced = !fenced;
    const heading = fenced ? null : /^(#{1,6}) (.+)$/.exec(line);
    return heading ? { line, level: heading[1].length, text: heading[2] } : { line, level: 0 };
  });
}

/**
 * The first block of code in `language` in a page or section.
 *
 * @param {string} reference
 * @param {string} language
 */
export function codeIn(reference, language) {
  const text = reference.includes("#") ? section(reference) : read(reference);
  const code = new RegExp(`^\`\`\`${language}\\n([^]*?)^\`\`\`$`, "m").exec(text);
  if (!code) throw new Error(`${reference}: there is no code in ${language}`);
  return code[1].trimEnd();
}

/**
 * Replaces the relative links and pictures of Markdown.
 *
 * @param {string} markdown
 * @param {string} path of the file that it comes from
 * @param {{ link(path: string, fragment: string): string | undefined, picture(path: string): string }} targets
 */
export function rewriteLinks(markdown, path, targets) {
  const resolve = (target) => posix.normalize(posix.join(posix.dirname(path), target));
  return outsideCode(markdown, (text) =>
    text.replace(/(!?)\[([^\]]*)\]\(([^)\s]+)\)/g, (whole, bang, label, target) => {
      if (/^[a-z]+:/.test(target)) return whole;
      const [file, fragment = ""] = target.split("#");
      const full = file ? resolve(file) : path;
      if (bang) return `![${label}](${targets.picture(full)})`;
      const address = targets.link(full, fragment);
      return address === undefined ? label : `[${label}](${address})`;
    }),
  );
}

/** Applies `map` to the text between blocks of code. */
const outsideCode = (markdown, map) =>
  markdown
    .split(/^(```[^]*?^```)$/m)
    .map((part, index) => (index % 2 ? part : map(part)))
    .join("");
