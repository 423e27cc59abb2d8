"""For the command line: which photos there are, and what their avatars are called."""

from __future__ import annotations

import itertools
import os
from pathlib import Path
from typing import Iterator, List, NamedTuple, Sequence, Set

from ._native import FORMATS

#: Names under which photos are looked for in a folder. A file named on the command line may be
#: called anything: what it is, its content decides.
_EXTENSIONS = set(
    ".jpg .jpeg .jpe .jfif .mpo .png .apng .webp .gif .bmp .dib .avif .heic .heif .jxl .tif "
    ".tiff".split()
)


class Job(NamedTuple):
    """A photo, and what its avatars' names begin with."""

    photo: Path
    stem: str


def find(paths: Sequence[Path], out: Path) -> List[Path]:
    """Every photo that ``paths`` lead to, each once. Folders are searched at any depth, in the
    order of their names; ``out`` is left out, lest avatars be made of avatars."""
    found: List[Path] = []
    for path in paths:
        found.extend(_search(path, out.resolve()) if path.is_dir() else [path])
    return list(dict.fromkeys(found))


def _search(folder: Path, out: Path) -> Iterator[Path]:
    """A folder that cannot be read is given as if it were a photo, so that it is reported."""
    if folder.resolve() == out:
        return
    try:
        entries = sorted(os.scandir(folder), key=lambda entry: entry.name)
    except OSError:
        yield folder
        return
    for entry in entries:
        path = folder / entry.name
        # Not through a symbolic link: it may lead in a circle.
        if entry.is_dir(follow_symlinks=False):
            yield from _search(path, out)
        elif path.is_file() and _photo_name(path):
            yield path


def _photo_name(path: Path) -> bool:
    known = path.suffix.lower() in _EXTENSIONS or not path.suffix
    return known and not path.name.startswith(".")


def name(photos: List[Path], out: Path, sizes: List[List[int]], extension: str) -> List[Job]:
    """Gives every photo a stem of its own: its name without extension, with ``-2``, ``-3``, ...
    behind it where that would overwrite the avatars of an earlier photo, or a photo."""
    sources = {photo.resolve() for photo in photos}
    taken: Set[str] = set()
    jobs = []
    for photo in photos:
        for number in itertools.count(1):
            stem = photo.stem if number == 1 else f"{photo.stem}-{number}"
            targets = (out.resolve() / f"{stem}-{label(size)}.{extension}" for size in sizes)
            # Some file systems take A and a for one name.
            if stem.lower() not in taken and sources.isdisjoint(targets):
                break
        taken.add(stem.lower())
        jobs.append(Job(photo, stem))
    return jobs


def label(size: Sequence[int]) -> str:
    """A size as in a file's name: ``64``, or ``64x32``."""
    width, height = size
    return str(width) if width == height else f"{width}x{height}"


def extension(format: str) -> str:
    """The extension of a format that was checked."""
    return {name: extension for name, extension, _ in FORMATS}[format]
