"""Tables and charts of what was measured: report.py RESULTS writes RESULTS/*.md and *.svg."""

import json
import sys
from html import escape
from pathlib import Path
from statistics import median

from peers import table

#: Photos of the chart of README.md.
CHARTED = {
    "jpeg-420-12mp.jpg": "12 MP JPEG from a phone",
    "jpeg-progressive-12mp.jpg": "12 MP progressive JPEG",
    "png-rgb-12mp.png": "12 MP PNG",
    "webp-lossless-12mp.webp": "12 MP lossless WebP",
}
WIDTH, ROW, NAME, BAR = 860, 22, 200, 300
NOTE = "Peak MB is what a render adds to a warm process; of vipsthumbnail, a program, it is the whole memory."
COLUMNS = (("peak MB", 600), ("kB", 690), ("SSIMULACRA2", 830))
STYLE = """
  text { font: 13px system-ui, sans-serif; fill: #1f2328 }
  .head { font-weight: 600 } .quiet { fill: #59636e } .right { text-anchor: end }
  .bar { fill: #8c959f } .ours { fill: #0969da } .bold { font-weight: 700 }
  @media (prefers-color-scheme: dark) {
    text { fill: #e6edf3 } .quiet { fill: #9198a1 } .bar { fill: #656c76 } .ours { fill: #58a6ff }
  }
"""


def text(x, y, words, kind=""):
    return f'<text x="{x}" y="{y}" class="{kind}">{escape(words)}</text>'


def tool_of(result):
    return "roundel, fast" if result["case"].startswith("256 fast") else result["tool"]


def bars(photo, title, top):
    """The rows of one photo, the fastest first."""
    one = [r for r in photo["results"] if r["case"] in ("256", "256 fast")]
    one.sort(key=lambda result: result["cpu_ms"])
    scale = BAR / one[-1]["cpu_ms"]
    lines = [text(0, top + 14, title, "head")]
    lines += [text(x, top + 14, name, "quiet right") for name, x in COLUMNS]
    for row, result in enumerate(one, 1):
        y = top + row * ROW
        ours = result["tool"] == "roundel"
        length = max(2, result["cpu_ms"] * scale)
        lines.append(text(NAME - 10, y + 13, tool_of(result), "right bold" if ours else "right"))
        lines.append(f'<rect x="{NAME}" y="{y + 2}" width="{length:.1f}" height="14" rx="2" '
                     f'class="{"ours" if ours else "bar"}"/>')
        words = f"{result['cpu_ms']:.0f} ms" if result["cpu_ms"] >= 10 else f"{result['cpu_ms']:.1f} ms"
        lines.append(text(round(NAME + length + 6, 1), y + 13, words))
        cells = (f"{result['peak_mb']:.1f}", f"{result['bytes'] / 1e3:.1f}", f"{result['ssimulacra2']:.1f}")
        lines += [text(x, y + 13, cell, "right") for cell, (_, x) in zip(cells, COLUMNS)]
    return lines, top + (len(one) + 1) * ROW + 18


def chart(found):
    lines, top = [], 4
    for name, title in CHARTED.items():
        if name in found:
            part, top = bars(found[name], title, top)
            lines += part
    lines.append(text(0, top + 14, NOTE, "quiet"))
    top += ROW
    title = "One avatar of 256 px as JPEG of quality 80, on one thread: CPU milliseconds, memory, bytes, quality"
    body = "\n".join(lines)
    return (f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {top}" width="{WIDTH}" '
            f'height="{top}" role="img">\n<title>{title}</title>\n<style>{STYLE}</style>\n{body}\n</svg>\n')


def row(result):
    quality = ("peak_mb", "bytes", "ssimulacra2")
    rest = [f"{result[key]:,}" if key in result else "" for key in quality]
    span = f"{result['cpu_min']:.1f} to {result['cpu_max']:.1f}"
    return [tool_of(result), f"{result['cpu_ms']:.1f}", span, f"{result['wall_ms']:.1f}", *rest]


HEAD = ["", "CPU ms", "min to max", "wall ms", "peak MB", "bytes", "SSIMULACRA2"]
TITLES = {
    "256": "256 px, one thread",
    "five": "512, 256, 128, 64 and 32 px, one thread (bytes and quality of the 256 px avatar alone)",
    "256, all cores": "256 px, all cores",
}


def section(photo):
    yield f"## {photo['photo']}\n"
    density = photo["file_bytes"] * 8 / photo["megapixels"] / 1e6
    yield f"{photo['megapixels']} MP, {photo['file_bytes'] / 1e6:.1f} MB, {density:.1f} bits per pixel.\n"
    for case, title in TITLES.items():
        found = [r for r in photo["results"] if r["case"] in (case, f"{case} fast")]
        found.sort(key=lambda result: result["cpu_ms"])
        if found:
            yield f"{title}:\n\n{table(HEAD, [row(result) for result in found])}"
    if photo["refused"]:
        yield f"Not rendered by {', '.join(photo['refused'])}.\n"


def summary(found):
    """CPU milliseconds of every tool, one photo a line."""
    tools = list(dict.fromkeys(tool_of(r) for p in found.values() for r in p["results"]))
    rows = []
    for photo in found.values():
        one = {tool_of(r): r for r in photo["results"] if r["case"] in ("256", "256 fast")}
        least = min(result["cpu_ms"] for result in one.values())
        cells = []
        for tool in tools:
            words = f"{one[tool]['cpu_ms']:.1f}" if tool in one else "-"
            cells.append(f"**{words}**" if tool in one and one[tool]["cpu_ms"] == least else words)
        rows.append([photo["photo"], *cells])
    return table(["CPU ms, 256 px, one thread", *tools], rows)


#: Metric, unit and the sign of an improvement. SSIMULACRA2 is that of one avatar in all cases.
SPEEDS = (("cpu_ms", "CPU ms", -1), ("wall_ms", "wall ms", -1), ("peak_mb", "MB", -1))
QUALITY = (("ssimulacra2", "SSIMULACRA2", 1),)


def wins(its, ours, metrics):
    """The figures in which a tool is better than roundel, by any difference, with roundel's in parentheses."""
    better = [m for m in metrics if (its[m[0]] - ours[m[0]]) * m[2] > 0]
    return ", ".join(f"{its[key]:,} {unit} ({ours[key]:,})" for key, unit, _ in better)


def losses(found):
    """Every photo, case and tool that is in any figure better than roundel's default."""
    for photo in found.values():
        ours = {r["case"]: r for r in photo["results"] if r["tool"] == "roundel"}
        for result in photo["results"]:
            case = result["case"]
            if result["tool"] == "roundel" or case not in ours:
                continue
            words = wins(result, ours[case], SPEEDS + QUALITY if case == "256" else SPEEDS)
            if words:
                yield f"- {photo['photo']}, {case}, {result['tool']}: {words}"


def speed_page(found):
    some = next(iter(found.values()))
    machine = some["machine"]
    versions = ", ".join(dict.fromkeys(some["versions"].values()))
    yield "# Measured\n"
    yield f"{machine['processor']}, {machine['cores']} cores, {machine['system']}. {versions}.\n"
    loads = [photo["machine"]["load"] for photo in found.values()]
    yield f"Load average while measuring: {min(loads):.1f} to {max(loads):.1f}.\n"
    yield summary(found)
    yield f"{NOTE}\n"
    yield "Where a tool is better than roundel's default, by any difference (roundel in parentheses):\n"
    yield ("\n".join(losses(found)) or "Nowhere.") + "\n"
    for photo in found.values():
        yield from section(photo)


METRICS = (("psnr", "PSNR, dB", min), ("ssimulacra2", "SSIMULACRA2", min), ("delta_e", "delta E 2000", max))


def figure(metric, value):
    return "equal" if metric == "psnr" and value > 100 else f"{value:.2f}"


def fidelity_page(records):
    tools = list(dict.fromkeys(record["tool"] for record in records))
    yield "# Fidelity\n\nAgainst the full-precision reference: median (worst) of all photos.\n"
    for stage, title in (("pixels", "Before encoding"), ("equal bytes", "As JPEG of equal bytes")):
        rows = []
        for metric, name, worst in METRICS:
            for size in (512, 256, 128, 64):
                cells = []
                for tool in tools:
                    values = [r[metric] for r in records
                              if (r["tool"], r["size"], r["stage"]) == (tool, size, stage)]
                    cells.append(f"{figure(metric, median(values))} ({figure(metric, worst(values))})")
                rows.append([f"{name}, {size} px", *cells])
        yield f"## {title}\n\n{table(['', *tools], rows)}"
    yield from worse_than_others(records)


def worse_than_others(records):
    key = lambda r: (r["photo"], r["size"], r["stage"])
    metrics = [(metric, name, 1 if worst is min else -1) for metric, name, worst in METRICS]
    ours = {key(r): r for r in records if r["tool"] == "roundel"}
    lines = []
    for its in records:
        words = wins(its, ours[key(its)], metrics)
        if words:
            lines.append(f"- {its['photo']}, {its['size']} px, {its['stage']}, {its['tool']}: {words}")
    yield "Where a tool is closer to the reference than roundel (in parentheses):\n"
    yield ("\n".join(lines) or "Nowhere.") + "\n"


def main():
    results = Path(sys.argv[1])
    files = sorted((results / "measured").glob("*.json"))
    found = {file.stem: json.loads(file.read_text()) for file in files}
    (results / "measured.md").write_text("\n".join(speed_page(found)))
    (results / "measured.svg").write_text(chart(found))
    fidelity = results / "fidelity.json"
    if fidelity.exists():
        (results / "fidelity.md").write_text("\n".join(fidelity_page(json.loads(fidelity.read_text()))))


if __name__ == "__main__":
    main()
