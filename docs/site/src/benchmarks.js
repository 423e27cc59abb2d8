/** The measurements, as `make bench` writes them. */

import { exists, read, section } from "./repository.js";
import { escapeHtml } from "./slug.js";

const TABLES = "benches/results/measured.md";
const CHART = "benches/results/measured.svg";

/**
 * Markdown of the results, or of the README's table if they are not in the repository. Long lists and the table of each photo are
 * folded, but nothing is left out.
 *
 * @param {import("./directives.js").Site} site
 */
export function benchmarks(site) {
  if (!exists(TABLES)) return site.rewrite(section("README.md#speed"), "README.md");
  const [summary, ...photos] = read(TABLES).replace(/^# .*\n+/, "").split(/^## /m);
  return [chart(site), foldLists(site, summary), "## Photo by photo", ...photos.map((photo) => foldPhoto(site, photo))].filter(Boolean).join("\n\n");
}

const chart = (site) => (exists(CHART) ? `![CPU milliseconds, memory, bytes and quality of each library](${site.picture(CHART)})` : "");

/** Folds lists of more than ten items, with the paragraph before them as the summary. */
function foldLists(site, text) {
  return text.replace(/^(.+):\n\n((?:- .*\n?){11,})/gm, (_, intro, list) => {
    const count = list.trim().split("\n").length;
    return folded(site, `${escapeHtml(intro)}: ${count} cases`, list);
  });
}

function foldPhoto(site, text) {
  const [name, ...body] = text.split("\n");
  return folded(site, `<code>${escapeHtml(name)}</code>`, body.join("\n"));
}

const folded = (site, summary, body) =>
  `${site.html(`<details class="fold"><summary>${summary}</summary>`)}\n\n${body.trim()}\n\n${site.html("</details>")}`;
