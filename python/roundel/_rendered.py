"""Results of a render. All classes are immutable, comparable and picklable."""

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

    from ._option_types import Format

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
    """Properties of a photo from its header."""

    #: ``"jpeg"``, ``"png"``, ``"webp"``, ``"gif"``, ``"bmp"``, ``"heic"`` or ``"avif"`` if it was built
    #: in, or ``"pixels"`` for an array or an image. Decided by the content, never by the file name.
    format: str
    #: Width and height in pixels as stored, before the orientation is applied.
    size: Tuple[int, int]
    #: Width and height in pixels of the upright photo.
    upright_size: Tuple[int, int]
    #: EXIF orientation, 1 to 8.
    orientation: int
    #: Whether the photo has an alpha channel or a transparent color.
    alpha: bool
    #: Whether the photo has an ICC profile.
    icc: bool


@dataclass(frozen=True)
class Decoded:
    """The part of a photo that was decoded, and how."""

    #: Scale in eighths of the stored size; 8 unless the photo is a JPEG or a lossy WebP.
    scale: int
    #: The decoded region, in stored pixels at that scale.
    region: Region
    #: Side of the squares of decoded pixels that were averaged into one pixel.
    average: int
    #: Whether damaged parts were filled in. Only with ``accept_damaged=True``.
    damaged: bool
    #: Share of the region's pixels that were damaged or absent and were filled in, 0 to 1. More
    #: than 0 if and only if ``damaged``. It is one number for all avatars.
    missing: float


@dataclass(frozen=True)
class Face:
    """A face in a photo. It says where a face is, and not whose."""

    #: From the brows to the chin, in pixels of the upright photo: ``(x, y, width, height)``. It may
    #: reach beyond the photo.
    rect: Tuple[float, float, float, float]
    #: How likely it is a face, 0.68 to 1. Less likely ones are left out.
    score: float


@dataclass(frozen=True)
class Placeholder:
    """A preview to show while an avatar loads."""

    #: A ThumbHash of the smallest avatar, 5 to 37 bytes.
    thumbhash: bytes
    #: The dominant color, ``"rrggbb"``.
    color: str


@dataclass(frozen=True)
class Avatar:
    """One finished avatar."""

    #: Width and height in pixels.
    size: Tuple[int, int]
    #: The format of ``bytes``.
    format: Format
    #: The part of the upright photo that the avatar shows, in pixels:
    #: ``(x, y, width, height)``.
    crop: Tuple[float, float, float, float]
    #: SHA-256 of ``bytes``, 64 lowercase hexadecimal digits. As a file name it can be cached
    #: without expiry, because the same name always has the same bytes.
    digest: str
    #: The frames in the file: 1, or more if it is animated. Frames of the photo that look the same
    #: one after the other are one.
    frames: int
    #: Milliseconds that all frames take together, 0 for a still.
    duration_ms: int
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
        """Writes a temporary file next to ``path`` and renames it, so that ``path`` is never
        incomplete. Replaces an existing file.

        :raises OSError: as :func:`open` and :func:`os.replace`. The temporary file is deleted.
        """
        target = Path(path)
        temporary = target.with_name(f".{target.name}.{os.urandom(4).hex()}.part")
        try:
            temporary.write_bytes(self.bytes)
            os.replace(temporary, target)
        except BaseException:
            if temporary.exists():
                temporary.unlink()
            raise
        return target

    def to_pil(self) -> PIL.Image.Image:
        """The avatar as a loaded PIL image, ``"RGB"`` or ``"RGBA"``. Needs Pillow."""
        import PIL.Image

        image = PIL.Image.open(io.BytesIO(self.bytes))
        # A PNG can be gray or have a palette.
        transparent = "A" in image.getbands() or "transparency" in image.info
        return image.convert("RGBA" if transparent else "RGB")

    def to_numpy(self) -> numpy.ndarray[Any, numpy.dtype[numpy.uint8]]:
        """The avatar as an array of shape (height, width, 3 or 4) and dtype uint8, in sRGB with
        straight alpha. Needs NumPy and Pillow."""
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
    """The avatars of one photo, and properties of the photo."""

    #: The avatars of the first of ``sizes``, one for each of ``formats``; then those of the second
    #: size; and so on.
    avatars: Tuple[Avatar, ...]
    #: Properties of the photo.
    source: Source
    #: The part of the photo that was decoded.
    decoded: Decoded
    #: The faces that were found, that with the highest score first. Empty unless the crop is
    #: ``"face"``.
    faces: Tuple[Face, ...]
    #: A preview to show while an avatar loads.
    placeholder: Placeholder
    #: One digest for all avatars together, for example as the name of their folder.
    digest: str
    #: Milliseconds for each stage: ``plan``, ``decode``, ``resize``, ``encode``.
    milliseconds: Mapping[str, float] = field(compare=False, repr=False)

    def _repr_html_(self) -> str:
        return " ".join(avatar._repr_html_() for avatar in self.avatars)


def source(report: Dict[str, Any]) -> Source:
    """From the report of core."""
    return Source(**_with_tuples(report))


def rendered(
    report: Dict[str, Any],
    digest: str,
    files: List[builtins.bytes],
    milliseconds: List[Tuple[str, float]],
) -> Rendered:
    """From the report of core and the bytes of the avatars."""
    decoded, placeholder = report["decoded"], report["placeholder"]
    avatars = zip(report["avatars"], files)
    return Rendered(
        avatars=tuple(Avatar(**_with_tuples(avatar), bytes=data) for avatar, data in avatars),
        source=source(report["source"]),
        decoded=Decoded(**{**decoded, "region": Region(**decoded["region"])}),
        faces=tuple(Face(**_with_tuples(face)) for face in report["faces"]),
        placeholder=Placeholder(bytes(placeholder["thumbhash"]), placeholder["color"]),
        digest=digest,
        milliseconds=dict(milliseconds),
    )


def _with_tuples(report: Dict[str, Any]) -> Dict[str, Any]:
    """JSON has lists where the classes have tuples."""
    return {
        name: tuple(value) if isinstance(value, list) else value for name, value in report.items()
    }
