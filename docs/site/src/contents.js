/** The pages in the order of the navigation. */

/**
 * `name` is that of pages/NAME.md, and of NAME.html on the site. A `wide` page takes the whole width. A page
 * with `columns` has code beside code or wide tables, and no table of contents.
 *
 * @typedef {{ name: string, label: string, wide?: boolean, columns?: boolean }} Page
 */

/** @type {{ title: string, pages: Page[] }[]} */
export const GROUPS = [
  {
    title: "Start",
    pages: [
      { name: "index", label: "Overview" },
      { name: "rust", label: "Rust" },
      { name: "python", label: "Python" },
      { name: "browser", label: "Browser" },
      { name: "node", label: "Node" },
      { name: "lambda", label: "AWS Lambda" },
      { name: "command-line", label: "Command line" },
    ],
  },
  {
    title: "Use",
    pages: [
      { name: "playground", label: "Playground", wide: true },
      { name: "options", label: "Options" },
      { name: "faces-and-animations", label: "Faces and animations" },
      { name: "formats", label: "Formats" },
      { name: "picker", label: "The picker" },
      { name: "errors", label: "Errors" },
    ],
  },
  {
    title: "Move from",
    pages: [
      { name: "from-sharp", label: "sharp", columns: true },
      { name: "from-pillow", label: "Pillow", columns: true },
      { name: "from-browser-image-compression", label: "browser-image-compression", columns: true },
      { name: "from-react-easy-crop", label: "react-easy-crop", columns: true },
    ],
  },
  {
    title: "Background",
    pages: [
      { name: "security", label: "Limits and security" },
      { name: "benchmarks", label: "Benchmarks", columns: true },
      { name: "resizing", label: "How photos are resized" },
    ],
  },
];

/** @type {Page[]} */
export const PAGES = GROUPS.flatMap(({ pages }) => pages);

/** The pages of the site that show pages of the repository, which other pages link to. */
export const SITE_PAGES = {
  "README.md": "index",
  "SECURITY.md": "security",
  "benches/compare/README.md": "benchmarks",
  "core/options.schema.json": "options",
  "docs/browser.md": "benchmarks",
  "docs/resizing.md": "resizing",
  "lambda/README.md": "lambda",
  "python/README.md": "python",
  "wasm/README.md": "browser",
  "wasm/js/options.d.ts": "options",
  "wasm/js/picker/README.md": "picker",
};
