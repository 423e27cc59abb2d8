/** The frame around every page. Addresses are relative, so the site works in any folder of a server. */

import { GROUPS, PAGES } from "./contents.js";
import { escapeHtml } from "./slug.js";

/** No inline scripts or styles. `wasm-unsafe-eval` lets the page compile wasm. */
const POLICY = [
  "default-src 'none'",
  "script-src 'self' 'wasm-unsafe-eval'",
  "worker-src 'self'",
  "connect-src 'self'",
  "img-src 'self' blob:",
  "style-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
].join("; ");

/**
 * @param {import("./contents.js").Page} page
 * @param {{ title: string, description: string, html: string, headings: import("./markdown.js").Heading[] }} content
 */
export function layout(page, { title, description, html, headings }) {
  const heading = page.name === "index" ? "roundel: exact avatars from any photo" : `${title} · roundel`;
  const contents = page.wide || page.columns ? "" : tableOfContents(headings);
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="${POLICY}">
<meta name="color-scheme" content="light dark">
<meta name="description" content="${escapeHtml(description)}">
<title>${escapeHtml(heading)}</title>
<link rel="icon" href="icon.svg">
<link rel="stylesheet" href="site.css">
<script src="theme.js"></script>
<script type="module" src="site.js"></script>
${page.name === "playground" ? '<script type="module" src="playground/main.js"></script>\n' : ""}${page.name === "picker" ? '<script type="module" src="picker-demo.js"></script>\n' : ""}</head>
<body class="${shape(page)}">
<a class="skip" href="#main">Skip to the content</a>
<header class="top">
<a class="brand" href="index.html"><img src="icon.svg" alt="" width="28" height="28">roundel</a>
<nav aria-label="Main">
${mainLink("options", "Docs", page)}
${mainLink("playground", "Playground", page)}
${mainLink("benchmarks", "Benchmarks", page)}
</nav>
<button type="button" class="theme" id="theme" hidden>Theme</button>
</header>
<div class="frame">
<details class="menu" id="menu"><summary>All pages</summary></details>
<nav class="side" aria-label="All pages" id="side">
${GROUPS.map((group) => navigationGroup(group, page)).join("\n")}
</nav>
<main id="main" tabindex="-1">
<article>
${html}
</article>
${page.wide ? "" : neighbors(page)}
</main>
${contents}
</div>
<footer class="bottom"><p>MIT or Apache-2.0. The photo of Eileen Collins is by NASA, in the public domain.</p></footer>
</body>
</html>
`;
}

/** The class of the page, for its width. */
const shape = ({ name, wide, columns }) => (name === "index" ? "medium front" : columns ? "medium" : wide ? "wide" : "page");

const current = (page, name) => (page.name === name ? ' aria-current="page"' : "");

const mainLink = (name, label, page) => `<a href="${name}.html"${current(page, name)}>${label}</a>`;

function navigationGroup({ title, pages }, page) {
  const links = pages.map(({ name, label }) => `<li><a href="${name}.html"${current(page, name)}>${escapeHtml(label)}</a></li>`);
  return `<p>${title}</p>\n<ul>\n${links.join("\n")}\n</ul>`;
}

/** The sections of the page, if there are at least two. */
function tableOfContents(headings) {
  const sections = headings.filter(({ level }) => level === 2 || level === 3);
  if (sections.length < 2) return "";
  const links = sections.map(({ level, id, html }) => `<li class="level-${level}"><a href="#${id}">${withoutLinks(html)}</a></li>`);
  return `<nav class="contents" aria-label="On this page"><p>On this page</p><ul>\n${links.join("\n")}\n</ul></nav>`;
}

const withoutLinks = (html) => html.replace(/<\/?a[^>]*>/g, "");

function neighbors(page) {
  const at = PAGES.findIndex(({ name }) => name === page.name);
  const link = (neighbor, word, rel) =>
    neighbor ? `<a rel="${rel}" href="${neighbor.name}.html"><span>${word}</span>${escapeHtml(neighbor.label)}</a>` : "<span></span>";
  return `<nav class="neighbors" aria-label="Next pages">${link(PAGES[at - 1], "Previous", "prev")}${link(PAGES[at + 1], "Next", "next")}</nav>`;
}
