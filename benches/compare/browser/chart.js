/** Bars of milliseconds, one for each photo and name, legible on light and dark. */

const ROW = 46;
const LEFT = 220;
const WIDTH = 720;

/** @param {{ name: string, times: number[] }[]} rows @param {string[]} photos */
export function chart(rows, photos) {
  const most = Math.max(...rows.flatMap(({ times }) => times.map((time) => time ?? 0)));
  const scale = (WIDTH - LEFT - 80) / most;
  const height = rows.length * ROW + 40;
  const bars = rows.map(({ name, times }, row) => bar(name, times, row * ROW + 34, scale));
  const legend = photos.map((photo, at) =>
    `<rect class="p${at}" x="${LEFT + at * 130}" y="8" width="12" height="12" rx="2"/><text x="${LEFT + 18 + at * 130}" y="18">${photo}</text>`);
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" width="${WIDTH}" height="${height}" role="img">
<title>Milliseconds from a JPEG to 512 px, in one Chromium</title>
<style>
  text { font: 13px system-ui, sans-serif; fill: #1f2328 }
  .p0 { fill: #0969da } .p1 { fill: #8250df } .name { text-anchor: end } .us { font-weight: 700 }
  @media (prefers-color-scheme: dark) { text { fill: #e6edf3 } .p0 { fill: #58a6ff } .p1 { fill: #bc8cff } }
</style>
${legend.join("\n")}
${bars.join("\n")}
</svg>
`;
}

function bar(name, times, y, scale) {
  const lines = times.map((time, at) => {
    const [top, width] = [y + at * 18, Math.max(2, (time ?? 0) * scale).toFixed(1)];
    return `<rect class="p${at}" x="${LEFT}" y="${top}" width="${width}" height="14" rx="2"/><text x="${LEFT + 6 + Number(width)}" y="${top + 12}">${time === undefined ? "fails" : `${time.toFixed(0)} ms`}</text>`;
  });
  const heading = `<text class="name${name === "roundel" ? " us" : ""}" x="${LEFT - 10}" y="${y + 20}">${name}</text>`;
  return [heading, ...lines].join("\n");
}
