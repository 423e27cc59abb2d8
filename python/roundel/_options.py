"""Options: the keywords of :func:`roundel.render`, the same as on every surface.

Core defines what they mean, checks them and knows their defaults; here are only their types and
the way there.
"""

from __future__ import annotations

import json
from typing import (
    Any,
    Literal,
    Mapping,
    Optional,
    Sequence,
    SupportsInt,
    Tuple,
    TypedDict,
    Union,
)

from . import _native
from ._errors import InvalidOptions

Format = Literal["jpeg", "png", "webp"]
Subsampling = Literal["4:4:4", "4:2:2", "4:2:0"]
Fit = Literal["cover", "contain"]
Speed = Literal["faithful", "fast"]
Gravity = Literal[
    "centre",
    "center",
    "north",
    "northeast",
    "east",
    "southeast",
    "south",
    "southwest",
    "west",
    "northwest",
]
#: A gravity, a focal point ``(x, y)`` in fractions, or ``(x, y, width, height)`` in pixels.
Crop = Union[Gravity, Tuple[float, float], Tuple[float, float, float, float]]
#: The side of a square, or ``(width, height)``, in pixels.
Size = Union[int, Tuple[int, int]]


class Limits(TypedDict, total=False):
    """How much one photo may ask for; each has a default that suits avatars."""

    #: Bytes of the file. Default 64 MiB.
    input_bytes: int
    #: Stored width in pixels. Default 65,535.
    width: int
    #: Stored height in pixels. Default 65,535.
    height: int
    #: Stored width times height. Default 256,000,000.
    pixels: int
    #: Bytes that one render holds at once, the file itself aside. Default 64 MiB.
    memory: int
    #: Frames that an animation may declare; only the first is decoded. Default 10,000.
    frames: int
    #: Scans that a JPEG may have. Default 100.
    scans: int
    #: Samples decoded or coefficients stepped over. Default 1,073,741,824.
    work: int


class Options(TypedDict, total=False):
    """What to make of a photo. Each has a default that suits a profile picture."""

    #: One side in pixels, or 1 to 32 sizes: sides of squares and ``(width, height)``, each side
    #: 1 to 16,383. So ``sizes=(300, 200)`` is two squares, and ``sizes=[(300, 200)]`` one
    #: rectangle. Default 256.
    sizes: Union[int, Sequence[Size]]
    #: The file format of every avatar. Default ``"jpeg"``.
    format: Format
    #: Quality of a JPEG, 1 to 100 on the IJG scale. Default 80.
    quality: int
    #: Whether a JPEG is progressive. Default false.
    progressive: bool
    #: How many chroma samples a JPEG keeps. Default ``"4:2:0"``.
    subsampling: Subsampling
    #: Which part of the photo to show, as a person sees it. Default ``"center"``.
    crop: Crop
    #: Whether the part fills the avatar or fits into it. Default ``"cover"``.
    fit: Fit
    #: ``"RRGGBB"`` behind transparency and beside a contained photo. Default white in a JPEG,
    #: transparent otherwise.
    background: Optional[str]
    #: Whether a photo smaller than the avatar is enlarged. Default true.
    upscale: bool
    #: Faithful or fast decoding of large JPEGs. Default ``"faithful"``.
    speed: Speed
    #: Whether a damaged photo is rendered although a part that shows is missing. Default false.
    accept_damaged: bool
    #: Whether several sizes may be rendered on several threads; same bytes. Default true.
    parallel: bool
    #: What the photo may cost.
    limits: Limits


def checked(options: Mapping[str, Any]) -> _native.Options:
    """Options as core knows them; raises :class:`roundel.InvalidOptions` by name."""
    sizes = options.get("sizes")
    if isinstance(sizes, SupportsInt) and not hasattr(sizes, "__len__"):
        options = {**options, "sizes": [sizes]}
    try:
        text = json.dumps(options, default=_plain)
    except (TypeError, ValueError) as error:
        raise InvalidOptions(f"options take plain values: {error}") from None
    return _native.Options(text)


def _plain(value: Any) -> Any:
    """NumPy's numbers and arrays as Python's."""
    if hasattr(value, "tolist"):
        return value.tolist()
    raise TypeError(f"not {type(value).__name__}")
