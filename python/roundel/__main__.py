"""The command line: ``roundel PHOTO...``, the same as the Rust example ``avatar``.

Exit status: 0 all rendered, 1 some refused, 2 wrong usage.
"""

from __future__ import annotations

import argparse
import base64
import json
import os
import sys
from pathlib import Path
from typing import Any, Dict, Iterator, List, NoReturn, Optional, Sequence, Union

from . import _files, _sheet
from ._errors import Error, InvalidOptions
from ._files import Job
from ._many import render_many
from ._options import Options, checked
from ._rendered import Rendered

_LONG_WORK = 8  # From this many photos on a progress bar is worth its line.

Report = Dict[str, Any]


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        self.exit(2, f"error: {message}\n\nTry --help.\n")


def _size(text: str) -> List[int]:
    sides = [int(side) for side in text.split("x")]
    return sides * 2 if len(sides) == 1 else sides


def _sizes(text: str) -> List[List[int]]:
    sizes = [_size(size) for size in text.split(",")]
    for at, size in enumerate(sizes):
        if size in sizes[:at]:
            # Two of one size would have one name.
            raise argparse.ArgumentTypeError(f"names {_files.label(size)} twice")
    return sizes


def _crop(text: str) -> Union[str, List[float]]:
    return [float(fraction) for fraction in text.split(",")] if "," in text else text


def _parser() -> _Parser:
    parser = _Parser(
        "roundel",
        description="Makes exact avatars from photos: JPEG, PNG, WebP, GIF or BMP.",
        epilog="Exit status: 0 all rendered, 1 some refused, 2 wrong usage.",
        allow_abbrev=False,
    )
    add = parser.add_argument
    add("photos", nargs="*", type=Path, metavar="PHOTO", help="a file, or a folder of any depth")
    add("--out", type=Path, default=Path("avatars"), metavar="DIR", help="[avatars]")
    add("--sizes", type=_sizes, default="512,256,128,64,32", metavar="N,N,...", help="N or WxH")
    add("--format", metavar="FORMAT", help="jpeg, png or webp [jpeg]")
    add("--quality", type=int, metavar="N", help="1 to 100, of a JPEG [80]")
    add("--crop", type=_crop, metavar="WHERE", help="center, north, ..., or X,Y [center]")
    add("--background", metavar="RRGGBB", help="what stands behind transparency")
    add("--json", action="store_true", help="one JSON object a photo on standard output")
    add("--sheet", action="store_true", help="a contact sheet as well, DIR/index.html")
    return parser


def main(arguments: Optional[Sequence[str]] = None) -> int:
    """Runs the command line; gives the exit status."""
    parser = _parser()
    args = parser.parse_args(arguments)
    options: Any = {
        name: value
        for name in ("sizes", "format", "quality", "crop", "background")
        if (value := getattr(args, name)) is not None
    }
    try:
        checked(options)
    except InvalidOptions as error:
        parser.error(str(error))
    if not args.photos:
        parser.error("no photo is named")
    photos = _files.find(args.photos, args.out)
    if not photos:
        parser.error("there is no photo in what is named")
    return _run(photos, args, options)


def _run(photos: List[Path], args: argparse.Namespace, options: Options) -> int:
    try:
        args.out.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        _complain(f"error[io]: {args.out}: {error.strerror}")
        return 1
    extension = _files.extension(options.get("format", "jpeg"))
    jobs = _files.name(photos, args.out, args.sizes, extension)
    for job in jobs:
        if job.stem != job.photo.stem:
            note = f"its avatars are called {job.stem}, not to overwrite"
            _complain(f"note: {job.photo}: {note}")
    reports = []
    for report in _reports(jobs, args, options):
        _tell(report, args.json)
        reports.append(report)
    if args.sheet:
        _sheet.write(reports, args.out, options)
    return 1 if any("error" in report for report in reports) else 0


def _reports(jobs: List[Job], args: argparse.Namespace, options: Options) -> Iterator[Report]:
    results = render_many(
        (job.photo for job in jobs), progress=_wants_bar(jobs), on_error="return", **options
    )
    for job, result in zip(jobs, results):
        report: Report = {"path": str(job.photo)}
        try:
            if isinstance(result, Rendered):
                report.update(_rendered(result, job, args))
            else:
                raise result
        except (Error, OSError) as error:
            report["error"] = _refusal(error)
        yield report


def _rendered(rendered: Rendered, job: Job, args: argparse.Namespace) -> Report:
    source, placeholder = rendered.source, rendered.placeholder
    outputs = []
    for avatar, size in zip(rendered.avatars, args.sizes):
        name = f"{job.stem}-{_files.label(size)}.{avatar.extension}"
        path = avatar.save(args.out / name)
        output = {"path": str(path), "size": avatar.size, "bytes": len(avatar.bytes)}
        outputs.append({**output, "digest": avatar.digest})
    return {
        "format": source.format,
        "stored_size": source.size,
        "orientation": source.orientation,
        "decode_scale": rendered.decoded.scale,
        "milliseconds": {name: round(time, 3) for name, time in rendered.milliseconds.items()},
        "outputs": outputs,
        "placeholder": {
            "thumbhash": base64.b64encode(placeholder.thumbhash).decode("ascii"),
            "color": placeholder.color,
        },
        "region": rendered.decoded.region,
    }


def _refusal(error: Union[Error, OSError]) -> Dict[str, str]:
    if isinstance(error, Error):
        return {"code": error.code, "message": str(error)}
    return {"code": "io", "message": error.strerror or str(error)}


def _tell(report: Report, as_json: bool) -> None:
    """Refusals go to standard error in any case, everything else to standard output."""
    if "error" in report:
        refusal = report["error"]
        _complain(f"error[{refusal['code']}]: {report['path']}: {refusal['message']}")
    if as_json:
        print(json.dumps({name: report[name] for name in report if name != "region"}), flush=True)
    elif "error" not in report:
        print(_line(report), flush=True)


def _line(report: Report) -> str:
    width, height = report["stored_size"]
    time = sum(report["milliseconds"].values())
    outputs = [f"\n  {output['path']}  {output['bytes']} bytes" for output in report["outputs"]]
    return (
        f"{report['path']}: {report['format']} {width}x{height}, "
        f"orientation {report['orientation']}, {time:.1f} ms{''.join(outputs)}"
    )


def _complain(line: str) -> None:
    print(line, file=sys.stderr)


def _wants_bar(jobs: List[Job]) -> bool:
    if len(jobs) < _LONG_WORK or not sys.stderr.isatty():
        return False
    try:
        import tqdm  # noqa: F401
    except ImportError:
        return False
    return True


def run() -> NoReturn:
    """The console script."""
    try:
        status = main()
        sys.stdout.flush()
    except BrokenPipeError:
        # Who closes the pipe has read enough; nor shall Python complain when it flushes.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        status = 1
    except KeyboardInterrupt:
        status = 130
    sys.exit(status)


if __name__ == "__main__":
    run()
