"""For the command line: one page that shows photos, crops and avatars, and opens from disk."""

from __future__ import annotations

import base64
import html
import os
from pathlib import Path
from typing import Any, Dict, Iterator, List, Tuple
from urllib.parse import quote

from ._errors import Error
from ._options import Options
from ._render import render

_HEAD = Path(__file__).with_name("_sheet.html")
_PREVIEW_SIDE = 640  # The longest side of a photo on the sheet.

Report = Dict[str, Any]


def write(reports: List[Report], out: Path, options: Options) -> None:
    """Writes ``out/index.html``, whole or not at all."""
    refused = sum("error" in report for report in reports)
    summary = f"{len(reports) - refused} rendered" + (f", {refused} refused" if refused else "")
    page = _HEAD.read_text("utf-8").replace("{{summary}}", summary)
    page += "".join(_card(report, options) for report in reports) + "</main>\n</html>\n"
    part = out / f".index.html.{os.getpid()}.part"
    part.write_text(page, "utf-8")
    os.replace(part, out / "index.html")


def _card(report: Report, options: Options) -> str:
    # A file's name is a stranger's text: nothing of it may become markup.
    title = html.escape(report["path"])
    if "error" in report:
        error = report["error"]
        return (
            f'<article class="refused">\n<h2>{title}</h2>\n<p><code>{error["code"]}</code> '
            f"{html.escape(error['message'])}</p>\n</article>\n"
        )
    width, height = report["stored_size"]
    return (
        f"<article>\n<h2>{title}</h2>\n<p>{report['format']} · stored {width} × {height} · "
        f"orientation {report['orientation']} · decoded at {report['decode_scale']}/8</p>\n"
        f'<div class="row">\n{_photo(report, options)}<div>\n'
        f"{_strip('square', report)}{_strip('round', report)}</div>\n</div>\n</article>\n"
    )


def _photo(report: Report, options: Options) -> str:
    """What roundel makes of the whole photo, not the file itself: a few kilobytes, upright in
    every browser, and no stranger's file in it. Outside of the crop it is dimmed."""
    width, height = _upright(report)
    factor = min(_PREVIEW_SIDE / max(width, height), 1)
    size = (max(round(width * factor), 1), max(round(height * factor), 1))
    try:
        background = options.get("background")
        preview = render(report["path"], sizes=[size], quality=75, background=background)
    except (Error, OSError):
        return ""  # The photo is not what it was a moment ago.
    data = base64.b64encode(preview.avatars[0].bytes).decode("ascii")
    x, y, w, h = (f"{edge:g}" for edge in _crop(report))
    frame = f'x="{x}" y="{y}" width="{w}" height="{h}"'
    return (
        '<figure class="photo">\n<img alt="the photo, upright" '
        f'src="data:image/jpeg;base64,{data}">\n'
        f'<svg viewBox="0 0 {width} {height}" preserveAspectRatio="none" aria-hidden="true">'
        '<path class="outside" fill-rule="evenodd" '
        f'd="M0 0H{width}V{height}H0Z M{x} {y}h{w}v{h}h-{w}Z"/>'
        # Twice the same rectangle: a dark line under a light one shows on every photo.
        f'<rect class="dark" {frame}/><rect class="light" {frame}/></svg>\n</figure>\n'
    )


def _upright(report: Report) -> Tuple[int, int]:
    width, height = report["stored_size"]
    return (height, width) if report["orientation"] >= 5 else (width, height)


def _crop(report: Report) -> Iterator[float]:
    """The region that was decoded: x, y, width, height in pixels of the upright photo."""
    width, height = report["stored_size"]
    x0, y0, x1, y1 = (edge * 8 / report["decode_scale"] for edge in report["region"])
    x1, y1 = min(x1, width), min(y1, height)
    # The same edges, counted from the right and from the bottom.
    right, bottom = width - x1, height - y1
    across, down = x1 - x0, y1 - y0
    corners = [(x0, y0), (right, y0), (right, bottom), (x0, bottom)]
    corners += [(y0, x0), (bottom, x0), (bottom, right), (y0, right)]
    yield from corners[report["orientation"] - 1]
    yield from (down, across) if report["orientation"] >= 5 else (across, down)


def _strip(shape: str, report: Report) -> str:
    avatars = "".join(map(_avatar, report["outputs"], [report["placeholder"]["color"]] * 32))
    return f'<div class="strip {shape}">\n{avatars}</div>\n'


def _avatar(output: Dict[str, Any], colour: str) -> str:
    # The page and the avatars lie in one folder; ./ lest a colon in a name mean a scheme.
    link = "./" + quote(os.path.basename(output["path"]), safe="")
    width, height = output["size"]
    return (
        f'<figure><a href="{link}"><img loading="lazy" src="{link}" alt="" width="{width}" '
        f'height="{height}" style="background:#{colour}"></a>'
        f"<figcaption>{width} × {height}<br>{output['bytes'] / 1e3:.1f} kB</figcaption>"
        "</figure>\n"
    )
