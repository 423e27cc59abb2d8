/** Builds the site: pages, pictures, the npm package for the playground. */

import { cp, mkdir, rm, writeFile } from "node:fs/promises";
import { basename, join } from "node:path";
import { fileURLToPath } from "node:url";

import { PAGES, SITE_PAGES } from "./contents.js";
import { expand } from "./directives.js";
import { layout } from "./layout.js";
import { toHtml } from "./markdown.js";
import { Pictures, samplePhotos } from "./pictures.js";
import { exists, read, repositoryAddress, rewriteLinks, ROOT } from "./repository.js";

const local = (path) => fileURLToPath(new URL(path, ROOT));

/** Files that are copied: from the root of the repository, to the site. */
const COPIES = {
  "docs/site/public": ".",
  "examples/browser/public/icon.svg": "icon.svg",
  "examples/photos/astronaut.jpg": "astronaut.jpg",
  "core/options.schema.json": "options.schema.json",
  "wasm/js": "roundel",
};

/** @param {string} out the folder, which is replaced */
export async function build(out) {
  await rm(out, { recursive: true, force: true });
  await mkdir(join(out, "pictures"), { recursive: true });
  for (const [from, to] of Object.entries(COPIES)) await copy(from, join(out, to));
  const site = new Site(out, new Pictures(await samplePhotos()));
  for (const page of PAGES) await writeFile(join(out, `${page.name}.html`), await site.page(page));
  for (const { name, bytes } of site.pictures.files) await writeFile(join(out, "pictures", name), bytes);
  for (const path of site.copied) await copy(path, join(out, "pictures", basename(path)));
}

/** The types, the READMEs and the decoder of HEIC are not part of the site. HEVC is patented. */
const isServed = (path) => !/\.(d\.ts|md)$|\/heic$|\.node\.js$|\/node\.js$/.test(path);

const copy = (from, to) => cp(local(from), to, { recursive: true, filter: isServed });

class Site {
  /** Pictures of the repository that pages show. @type {Set<string>} */
  copied = new Set();
  #repository = repositoryAddress();
  /** HTML that Markdown must not change. @type {string[]} */
  #html = [];

  /** @param {string} out @param {Pictures} pictures */
  constructor(out, pictures) {
    this.out = out;
    this.pictures = pictures;
  }

  /** @param {import("./contents.js").Page} page @returns {Promise<string>} */
  async page(page) {
    this.#html = [];
    const markdown = await expand(this, read(`docs/site/pages/${page.name}.md`));
    const { html, headings } = toHtml(markdown);
    const title = headings.find(({ level }) => level === 1)?.html ?? page.label;
    return layout(page, { title, description: firstParagraph(html), headings, html: this.#restored(html) });
  }

  /** Keeps `text` from Markdown. @param {string} text */
  html(text) {
    return `<!--html ${this.#html.push(text) - 1}-->`;
  }

  #restored(html) {
    return html.replace(/<!--html (\d+)-->/g, (_, index) => this.#html[index]);
  }

  /** Makes the links of a page of the repository lead to the site. @param {string} markdown @param {string} path */
  rewrite(markdown, path) {
    return rewriteLinks(markdown, path, { link: (file, fragment) => this.#link(file, fragment), picture: (file) => this.picture(file) });
  }

  /** The address of a picture of the repository, which is copied. @param {string} path */
  picture(path) {
    this.copied.add(path);
    return `pictures/${basename(path)}`;
  }

  /** A page of the site, or the file in the repository, or none while the repository has no address. */
  #link(path, fragment) {
    const page = SITE_PAGES[path];
    if (page) return `${page}.html${fragment && `#${fragment}`}`;
    if (!exists(path)) throw new Error(`${path}: there is no such file`);
    return this.#repository && `${this.#repository}/blob/main/${path}`;
  }
}

const firstParagraph = (html) => (/<p>([^]*?)<\/p>/.exec(html)?.[1] ?? "").replace(/<[^>]*>/g, "").replace(/\s+/g, " ").trim();
