/**
 * The directives in pages: lines such as `{{ section README.md#formats }}`.
 *
 * A directive returns Markdown, or HTML that Markdown must not change.
 */

import { benchmarks } from "./benchmarks.js";
import { controls } from "./controls.js";
import { codeBlock } from "./markdown.js";
import { optionsPage } from "./options-page.js";
import { codeIn, read, section } from "./repository.js";
import { SCHEMA } from "./schema.js";
import { escapeHtml } from "./slug.js";

/**
 * @typedef {{
 *   rewrite(markdown: string, path: string): string,
 *   html(text: string): string,
 *   picture(path: string): string,
 *   pictures: import("./pictures.js").Pictures,
 * }} Site
 */

const EXTENSIONS = { js: "js", mjs: "js", jsx: "jsx", html: "html", py: "python", rs: "rust", sh: "sh" };

/** @type {Record<string, (site: Site, argument: string) => string | Promise<string>>} */
const DIRECTIVES = {
  /** A page of the repository, or a section of one. */
  section: (site, reference) => site.rewrite(section(reference), reference.split("#")[0]),

  /** Code: a file, or `PAGE LANGUAGE` for the first block in that language. */
  code: (site, argument) => site.html(codeOf(argument)),

  /** `LABEL = CODE | LABEL = CODE`: code of which the reader sees one. */
  tabs: (site, argument) => {
    const parts = argument.split("|").map((part) => part.split("=").map((text) => text.trim()));
    const panels = parts.map(([label, code]) => `<section data-label="${escapeHtml(label)}">${codeOf(code, label)}</section>`);
    return site.html(`<div class="tabs">\n${panels.join("\n")}\n</div>`);
  },

  /** `BEFORE FILE | AFTER FILE`: two programs side by side, with titles. */
  compare: (site, argument) => {
    const [before, after] = argument.split("|").map((file) => file.trim());
    return site.html(`<div class="compare">\n${codeOf(before, libraryOf(before))}${codeOf(after, "roundel")}</div>`);
  },

  options: async (site) => {
    const figures = {};
    for (const name of Object.keys(SCHEMA.properties)) figures[name] = await site.pictures.figures(name);
    return optionsPage((name) => figures[name] && site.html(figures[name]));
  },

  /** Pictures of one option. */
  pictures: async (site, option) => site.html(await site.pictures.figures(option)),

  /** The photo as it is stored, and its avatars. */
  hero: async (site) => site.html(await site.pictures.hero()),

  /** `PATH | TEXT`: a picture of the repository. */
  picture: (site, argument) => {
    const [path, text] = argument.split("|").map((part) => part.trim());
    return `![${text}](${site.picture(path)})`;
  },

  benchmarks: (site) => benchmarks(site),

  playground: (site) => site.html(read("docs/site/pages/playground.html").replace("<!--controls-->", controls)),
};

/**
 * Replaces the directives of a page.
 *
 * @param {Site} site
 * @param {string} markdown
 */
export async function expand(site, markdown) {
  const parts = markdown.split(/^\{\{ (\w+) ?(.*?) ?\}\}$/m);
  for (let at = 1; at < parts.length; at += 3) {
    const [name, argument] = [parts[at], parts[at + 1]];
    if (!DIRECTIVES[name]) throw new Error(`there is no directive ${name}`);
    parts[at] = await DIRECTIVES[name](site, argument);
    parts[at + 1] = "";
  }
  return parts.join("");
}

/** @param {string} argument `FILE`, or `PAGE LANGUAGE` @param {string} [title] */
function codeOf(argument, title) {
  const [reference, language] = argument.split(" ");
  if (language) return codeBlock(codeIn(reference, language), language, title);
  return codeBlock(read(reference).trimEnd(), EXTENSIONS[reference.split(".").at(-1)], title);
}

/** The folder of a program is the name of the library. */
const libraryOf = (file) => file.split("/").at(-2);
