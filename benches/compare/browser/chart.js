/** A bar chart of milliseconds with one bar per photo and library, for light and dark pages. */

const ROW_HEIGHT = 46;
const LABEL_WIDTH = 220;
const WIDTH = 720;

/** @param {{ name: string, times: number[] }[]} rows @param {string[]} photos */
export function chart(rows, photos) {
  const max = Math.max(...rows.flatMap(({ times }) => times.map((time) => time ?? 0)));
  const scale = (WIDTH - LABEL_WIDTH - 80) / max;
  const height = rows.length * ROW_HEIGHT + 40;
  const bars = rows.map(({ name, times }, row) => bar(name, times, row * ROW_HEIGHT + 34, scale));
  const legend = photos.map((photo, index) =>
    `<rect class="p${index}" x="${LABEL_WIDTH + index * 130}" y="8" width="12" height="12" rx="2"/><text x="${LABEL_WIDTH + 18 + index * 130}" y="18">${photo}</text>`);
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" width="${WIDTH}" height="${height}" role="img">
<title>Milliseconds from a JPEG to 512 px, in one Chromium</title>
<style>
  text { font: 13px system-ui, sans-serif; fill: #1f2328 }
  .p0 { fill: #0969da } .p1 { fill: #8250df } .name { text-anchor: end } .roundel { font-weight: 700 }
  @media (prefers-color-scheme: dark) { text { fill: #e6edf3 } .p0 { fill: #58a6ff } .p1 { fill: #bc8cff } }
</style>
${legend.join("\n")}
${bars.join("\n")}
</svg>
`;
}

function bar(name, times, y, scale) {
  const bars = times.map((time, index) => {
    const [top, width] = [y + index * 18, Math.max(2, (time ?? 0) * scale).toFixed(1)];
    return `<rect class="p${index}" x="${LABEL_WIDTH}" y="${top}" width="${width}" height="14" rx="2"/><text x="${LABEL_WIDTH + 6 + Number(width)}" y="${top + 12}">${time === undefined ? "fails" : `${time.toFixed(0)} ms`}</text>`;
  });
  const heading = `<text class="name${name === "roundel" ? " roundel" : ""}" x="${LABEL_WIDTH - 10}" y="${y + 20}">${name}</text>`;
  return [heading, ...bars].join("\n");
}
