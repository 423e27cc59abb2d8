"""Photos as phones take them, and a look at what became of them."""

from __future__ import annotations

import io
import math
from pathlib import Path

from PIL import Image, ImageChops, ImageOps, ImageStat

from demo import ROOT

ASTRONAUT = ROOT / "examples/photos/astronaut.jpg"
SIDEWAYS = 6
EXIF_ORIENTATION, EXIF_GPS, EXIF_MAKE = 0x0112, 0x8825, 0x010F


def phone_photo(folder: Path, name: str = "phone.jpg", mirrored: bool = False) -> Path:
    """12 megapixels, stored sideways, with the place where it was taken."""
    upright = ImageOps.exif_transpose(Image.open(ASTRONAUT)).convert("RGB")
    if mirrored:
        upright = ImageOps.invert(ImageOps.mirror(upright))
    tall = upright.resize((3024, 4032), Image.Resampling.BICUBIC)
    exif = Image.Exif()
    exif[EXIF_ORIENTATION], exif[EXIF_MAKE] = SIDEWAYS, "Phone"
    exif.get_ifd(EXIF_GPS).update({1: "N", 2: (28.0, 31.0, 27.0), 3: "W", 4: (80.0, 39.0, 3.0)})
    path = folder / name
    tall.transpose(Image.Transpose.ROTATE_90).save(path, quality=92, exif=exif)
    return path


def has_metadata(jpeg: bytes) -> bool:
    """Whether there is any EXIF, GPS or maker's note: looked for by another decoder and as bytes."""
    return bool(Image.open(io.BytesIO(jpeg)).getexif()) or b"Exif" in jpeg or b"Phone" in jpeg


def part(photo: Path, crop: tuple[float, float, float, float], side: int) -> Image.Image:
    """That rectangle of the upright photo, scaled."""
    upright = ImageOps.exif_transpose(Image.open(photo)).convert("RGB")
    x, y, width, height = crop
    box = (x, y, x + width, y + height)
    return upright.resize((side, side), Image.Resampling.LANCZOS, box=box)


def middle(photo: Path, side: int) -> Image.Image:
    """The largest square in the middle, scaled."""
    width, height = ImageOps.exif_transpose(Image.open(photo)).size
    edge = min(width, height)
    return part(photo, ((width - edge) / 2, (height - edge) / 2, edge, edge), side)


def decibels(one: Image.Image, other: Image.Image) -> float:
    """How alike two pictures are: PSNR. Two JPEG encodings of one picture are beyond 30."""
    squares = ImageStat.Stat(ImageChops.difference(one, other)).sum2
    mean = sum(squares) / (len(squares) * one.width * one.height)
    return 10 * math.log10(255**2 / max(mean, 1e-9))


def opened(jpeg: bytes) -> Image.Image:
    return Image.open(io.BytesIO(jpeg)).convert("RGB")
