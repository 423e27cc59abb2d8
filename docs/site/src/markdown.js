/** Markdown to HTML: headings with anchors, highlighted code, tables that scroll. */

import hljs from "highlight.js/lib/common";
import { Marked } from "marked";

import { escapeHtml, slugify } from "./slug.js";

const LANGUAGES = { js: "JavaScript", jsx: "React", html: "HTML", rust: "Rust", python: "Python", py: "Python", sh: "Shell", toml: "TOML", json: "JSON", text: "" };

/** @typedef {{ level: number, id: string, html: string }} Heading */

/**
 * @param {string} markdown
 * @returns {{ html: string, headings: Heading[] }}
 */
export function toHtml(markdown) {
  const headings = [];
  const ids = new Set();
  const labels = new Set();
  let topic = "";
  const renderer = {
    heading({ tokens, depth, text }) {
      const id = unique(slugify(text), ids);
      const html = this.parser.parseInline(tokens);
      headings.push({ level: depth, id, html });
      topic = html.replace(/<[^>]*>/g, "");
      return depth === 1
        ? `<h1>${html}</h1>\n`
        : `<h${depth} id="${id}">${html} <a class="anchor" href="#${id}" aria-label="Link to this section">#</a></h${depth}>\n`;
    },
    code: ({ text, lang }) => codeBlock(text, lang),
    table(token) {
      const cells = (row, tag) => row.map((cell) => tableCell(this.parser.parseInline(cell.tokens), cell.align, tag)).join("");
      const body = token.rows.map((row) => `<tr>${cells(row, "td")}</tr>`).join("\n");
      const empty = token.header.every((cell) => !cell.text);
      const head = empty ? "" : `<thead><tr>${cells(token.header, "th")}</tr></thead>`;
      return `<div class="table" tabindex="0" role="region" aria-label="${unique(`Table: ${topic}`, labels)}"><table>${head}<tbody>${body}</tbody></table></div>\n`;
    },
    image: ({ href, text }) => picture(escapeHtml(href), escapeHtml(text)),
  };
  const html = new Marked({ renderer }).parse(markdown);
  return { html, headings };
}

/** A chart stays readable on a phone: it scrolls there. */
function picture(address, text) {
  const image = `<img src="${address}" alt="${text}" loading="lazy">`;
  return address.endsWith(".svg") ? `<span class="chart" tabindex="0" role="group" aria-label="Chart">${image}</span>` : image;
}

/** Inline Markdown, without a paragraph around it. @param {string} text */
export const inline = (text) => new Marked().parseInline(text);

/** A column with no title is a row's head. */
function tableCell(html, align, tag) {
  const name = tag === "th" && !html ? "td" : tag;
  return `<${name}${align ? ` class="${align}"` : ""}>${html}</${name}>`;
}

/**
 * @param {string} text
 * @param {string} [language]
 * @param {string} [title] shown above the code; without one, the language
 */
export function codeBlock(text, language = "text", title = LANGUAGES[language] ?? language) {
  const known = hljs.getLanguage(language) && language !== "text";
  const html = known ? hljs.highlight(text, { language }).value : escapeHtml(text);
  const caption = title ? `<figcaption>${escapeHtml(title)}</figcaption>` : "";
  return `<figure class="code">${caption}<pre tabindex="0"><code>${html}</code></pre></figure>\n`;
}

function unique(id, ids) {
  let name = id || "section";
  for (let count = 1; ids.has(name); count++) name = `${id}-${count}`;
  ids.add(name);
  return name;
}
