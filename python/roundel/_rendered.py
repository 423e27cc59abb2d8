"""What a render returns. All of it is immutable, comparable and can be pickled."""

from __future__ import annotations

import base64
import builtins
import io
import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Dict, List, Mapping, NamedTuple, Optional, Tuple, Union

from ._native import FORMATS

if TYPE_CHECKING:
    import numpy
    import PIL.Image

    from ._options import Format

_EXTENSION = {name: extension for name, extension, _ in FORMATS}
_MEDIA_TYPE = {name: media_type for name, _, media_type in FORMATS}


class Region(NamedTuple):
    """A rectangle of whole pixels, ``x0 <= x < x1`` and ``y0 <= y < y1``."""

    x0: int
    y0: int
    x1: int
    y1: int


@dataclass(frozen=True)
class Source:
    """What a photo's header says."""

    #: ``"jpeg"``, ``"png"``, ``"webp"``, ``"gif"``, ``"bmp"``, or ``"pixels"`` for an array or
    #: an image; by content, never by name.
    format: str
    #: Width and height in pixels as stored, before the orientation is applied.
    size: Tuple[int, int]
    #: Width and height in pixels as a person sees it.
    upright_size: Tuple[int, int]
    #: The value of the EXIF tag, 1 to 8.
    orientation: int
    #: Whether it has an alpha channel or a transparent colour.
    alpha: bool
    #: Whether it brings an ICC profile.
    icc: bool


@dataclass(frozen=True)
class Decoded:
    """What was decoded of a photo."""

    #: In eighths of the stored size; 8 unless the photo is a JPEG.
    scale: int
    #: The part, in pixels at that scale.
    region: Region
    #: The side of the boxes of decoded pixels that were averaged to one.
    average: int
    #: Whether some of it was damaged and filled in; only with ``accept_damaged=True``.
    damaged: bool


@dataclass(frozen=True)
class Placeholder:
    """Stands in while an avatar loads."""

    #: A ThumbHash of the smallest avatar, 5 to 37 bytes.
    thumbhash: bytes
    #: The colour that covers most of it, ``"rrggbb"``.
    color: str


@dataclass(frozen=True)
class Avatar:
    """One finished avatar."""

    #: Width and height in pixels.
    size: Tuple[int, int]
    #: The part of the upright photo that it shows, ``(x, y, width, height)`` in its pixels.
    crop: Tuple[float, float, float, float]
    #: The format of ``bytes``.
    format: Format
    #: SHA-256 of ``bytes``, 64 lower-case hexadecimal digits: a name under which it may be
    #: cached for ever.
    digest: str
    #: The file.
    bytes: builtins.bytes = field(repr=False)

    @property
    def extension(self) -> str:
        """The usual file name extension, without the dot."""
        return _EXTENSION[self.format]

    @property
    def media_type(self) -> str:
        """The media type (IANA), as in a ``Content-Type`` header."""
        return _MEDIA_TYPE[self.format]

    def save(self, path: Union[str, os.PathLike[str]]) -> Path:
        """Writes the file beside ``path`` and renames it, so that nobody meets half of it.

        :raises OSError: as :func:`open` and :func:`os.replace`; then nothing is left.
        """
        place = Path(path)
        part = place.with_name(f".{place.name}.{os.urandom(4).hex()}.part")
        try:
            part.write_bytes(self.bytes)
            os.replace(part, place)
        except BaseException:
            if part.exists():
                part.unlink()
            raise
        return place

    def to_pil(self) -> PIL.Image.Image:
        """The avatar as a loaded PIL image, ``"RGB"`` or ``"RGBA"``. Needs Pillow."""
        import PIL.Image

        image = PIL.Image.open(io.BytesIO(self.bytes))
        image.load()
        return image

    def to_numpy(self) -> numpy.ndarray[Any, numpy.dtype[numpy.uint8]]:
        """The avatar as an array of shape (height, width, 3 or 4), uint8, sRGB with straight
        alpha. Needs NumPy and Pillow."""
        import numpy

        return numpy.array(self.to_pil())

    def _repr_png_(self) -> Optional[builtins.bytes]:
        return self.bytes if self.format == "png" else None

    def _repr_html_(self) -> str:
        width, height = self.size
        data = base64.b64encode(self.bytes).decode("ascii")
        return (
            f'<img width="{width}" height="{height}" alt="avatar {width} x {height}" '
            f'src="data:{self.media_type};base64,{data}">'
        )


@dataclass(frozen=True)
class Rendered:
    """Avatars, and what was learnt of the photo on the way."""

    #: One for each of ``sizes``, in their order.
    avatars: Tuple[Avatar, ...]
    #: The photo.
    source: Source
    #: What was decoded of it.
    decoded: Decoded
    #: Stands in while an avatar loads.
    placeholder: Placeholder
    #: One digest for all avatars together, for a folder's name.
    digest: str
    #: How long each stage took: ``plan``, ``decode``, ``resize``, ``encode``.
    milliseconds: Mapping[str, float] = field(compare=False, repr=False)

    def _repr_html_(self) -> str:
        return " ".join(avatar._repr_html_() for avatar in self.avatars)


def source(report: Dict[str, Any]) -> Source:
    """From core's report."""
    sizes = {name: tuple(report[name]) for name in ("size", "upright_size")}
    return Source(**{**report, **sizes})


def rendered(
    report: Dict[str, Any],
    digest: str,
    files: List[builtins.bytes],
    milliseconds: List[Tuple[str, float]],
) -> Rendered:
    """From core's report and the avatars' bytes."""
    decoded, placeholder = report["decoded"], report["placeholder"]
    avatars = zip(report["avatars"], files)
    return Rendered(
        avatars=tuple(
            Avatar(**{**avatar, "size": tuple(avatar["size"]), "crop": tuple(avatar["crop"])}, bytes=data)
            for avatar, data in avatars
        ),
        source=source(report["source"]),
        decoded=Decoded(**{**decoded, "region": Region(**decoded["region"])}),
        placeholder=Placeholder(bytes(placeholder["thumbhash"]), placeholder["color"]),
        digest=digest,
        milliseconds=dict(milliseconds),
    )
