"""Creates photos like those of phones, and compares pictures with Pillow."""

from __future__ import annotations

import base64
import io
import json
import math
from pathlib import Path

from PIL import Image, ImageChops, ImageOps, ImageStat

from demo import ROOT

ASTRONAUT = ROOT / "examples/photos/astronaut.jpg"
SIDEWAYS = 6
EXIF_ORIENTATION, EXIF_GPS, EXIF_MAKE = 0x0112, 0x8825, 0x010F


def phone_photo(folder: Path, name: str = "phone.jpg", mirrored: bool = False) -> Path:
    """A photo of 12 megapixels, stored sideways, with GPS data."""
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


def heic_photo(folder: Path) -> Path:
    """A HEIC in tiles, stored sideways, as phones write them: an input of core's cases."""
    inputs = json.loads((ROOT / "core/cases.json").read_text("utf-8"))["inputs"]
    path = folder / "phone.heic"
    path.write_bytes(base64.b64decode(inputs["heic-tiles"]["base64"]))
    return path


def heic_center(side: int) -> Image.Image:
    """What the largest centered square of that HEIC shows, scaled."""
    stored = Image.new("YCbCr", (120, 60))
    pixels = ((x + y // 2, 100 + x // 4, 150 - y // 4) for y in range(60) for x in range(120))
    stored.putdata(list(pixels))
    upright = stored.convert("RGB").transpose(Image.Transpose.ROTATE_90)
    return upright.resize((side, side), Image.Resampling.BICUBIC, box=(0, 30, 60, 90))


def has_metadata(jpeg: bytes) -> bool:
    """Whether Pillow or a search in the bytes finds EXIF, GPS or the maker of the camera."""
    return bool(Image.open(io.BytesIO(jpeg)).getexif()) or b"Exif" in jpeg or b"Phone" in jpeg


def cropped(photo: Path, crop: tuple[float, float, float, float], side: int) -> Image.Image:
    """A rectangle of the upright photo, scaled."""
    upright = ImageOps.exif_transpose(Image.open(photo)).convert("RGB")
    x, y, width, height = crop
    box = (x, y, x + width, y + height)
    return upright.resize((side, side), Image.Resampling.LANCZOS, box=box)


def center_square(photo: Path, side: int) -> Image.Image:
    """The largest centered square, scaled."""
    width, height = ImageOps.exif_transpose(Image.open(photo)).size
    edge = min(width, height)
    return cropped(photo, ((width - edge) / 2, (height - edge) / 2, edge, edge), side)


def psnr(one: Image.Image, other: Image.Image) -> float:
    """The PSNR of two pictures in dB. Two JPEG encodings of one picture have more than 30 dB."""
    squares = ImageStat.Stat(ImageChops.difference(one, other)).sum2
    mean = sum(squares) / (len(squares) * one.width * one.height)
    return 10 * math.log10(255**2 / max(mean, 1e-9))


def decode(jpeg: bytes) -> Image.Image:
    return Image.open(io.BytesIO(jpeg)).convert("RGB")
