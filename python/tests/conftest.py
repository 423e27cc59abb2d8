"""Paths and test data. The tests run against an installed wheel, from any folder."""

from __future__ import annotations

import base64
import json
import struct
import zlib
from pathlib import Path
from typing import Any, Callable, Dict

import pytest

REPOSITORY = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="session")
def repository() -> Path:
    return REPOSITORY


@pytest.fixture(scope="session")
def astronaut_path() -> Path:
    """JPEG, 512 x 512, orientation 6."""
    return REPOSITORY / "examples" / "photos" / "astronaut.jpg"


@pytest.fixture(scope="session")
def astronaut(astronaut_path: Path) -> bytes:
    return astronaut_path.read_bytes()


@pytest.fixture(scope="session")
def bomb() -> bytes:
    """A few bytes of PNG that declare 60,000 x 60,000 pixels."""

    def chunk(kind: bytes, body: bytes) -> bytes:
        checksum = zlib.crc32(kind + body)
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", checksum)

    header = struct.pack(">IIBBBBB", 60_000, 60_000, 8, 2, 0, 0, 0)
    rows = zlib.compress(bytes(1000))
    signature = b"\x89PNG\r\n\x1a\n"
    return signature + chunk(b"IHDR", header) + chunk(b"IDAT", rows) + chunk(b"IEND", b"")


def cases() -> Dict[str, Any]:
    """The cases that every language must give the same bytes for."""
    file: Dict[str, Any] = json.loads((REPOSITORY / "core" / "cases.json").read_text("utf-8"))
    return file


def case_input(entry: Dict[str, str]) -> bytes:
    if "file" in entry:
        return (REPOSITORY / entry["file"]).read_bytes()
    return base64.b64decode(entry["base64"])


@pytest.fixture(scope="session")
def jpeg_of() -> Callable[..., bytes]:
    """Makes a JPEG of smooth noise from width, height and options of Pillow."""
    import io

    import numpy
    import PIL.Image

    def make(width: int, height: int, **options: Any) -> bytes:
        coarse = numpy.random.default_rng(7).integers(0, 256, (9, 12, 3), "uint8")
        image = PIL.Image.fromarray(coarse).resize((width, height), PIL.Image.Resampling.BICUBIC)
        file = io.BytesIO()
        image.save(file, "jpeg", **{"quality": 88, **options})
        return file.getvalue()

    return make
