"""The types of the options. Generated from core/options.schema.json by generate_options.py."""

from __future__ import annotations

from typing import Literal, Optional, Sequence, Tuple, TypedDict, Union

#: Whether the cropped part fills the avatar or fits into it.
Fit = Literal["cover", "contain"]

#: The point that matters, as fractions of the upright photo's width and height.
FocalPoint = Tuple[float, float]

#: A format that avatars are written in.
Format = Literal["jpeg", "png", "webp"]

#: Towards which edge or corner a crop is pushed.
Gravity = Literal[
    "center",
    "north",
    "northeast",
    "east",
    "southeast",
    "south",
    "southwest",
    "west",
    "northwest",
    "centre",
]

#: A rectangle with fractional edges, in pixels from the top left corner of an image.
Rect = Tuple[float, float, float, float]

#: ``"RRGGBB"``, hexadecimal digits of an sRGB color, with or without ``#``.
Rgb = str

#: Side of a square, or ``(width, height)``, in pixels.
Size = Union[int, Tuple[int, int]]

#: How faithful the decoding of a large JPEG is to a full decode.
Speed = Literal["faithful", "fast"]

#: How many chroma samples a JPEG keeps for each luma sample.
Subsampling = Literal["4:4:4", "4:2:2", "4:2:0"]

#: Which part of the photo to show.
Crop = Union[Gravity, FocalPoint, Rect]


class Limits(TypedDict, total=False):
    """How much one render may ask for. Every limit is on by default; tighten or widen each."""

    #: Frames that an animation may declare; only the first is decoded. Default 10,000.
    frames: int
    #: Stored height in pixels. Default 65,535.
    height: int
    #: Bytes of the file. Default 64 MiB.
    input_bytes: int
    #: Bytes that one render holds at once, the file itself aside. Default 64 MiB.
    memory: int
    #: Stored width times height. Default 256,000,000.
    pixels: int
    #: Scans that a JPEG may have. Default 100.
    scans: int
    #: Stored width in pixels. Default 65,535.
    width: int
    #: Samples decoded or coefficients stepped over. Default 1,073,741,824.
    work: int


class Options(TypedDict, total=False):
    """What to make of a photo."""

    #: Whether a damaged JPEG is rendered although a part that shows is missing. A damaged PNG,
    #: WebP or BMP never is; a GIF frame that ends early is completed with its first colour.
    #: Default ``False``.
    accept_damaged: bool
    #: What stands behind transparency and beside a ``contain``ed photo. By default white in a
    #: JPEG, and transparent in a PNG or WebP.
    background: Optional[Rgb]
    #: Which part of the photo to show, as a person sees it (after its orientation is applied).
    #: Default ``"center"``.
    crop: Crop
    #: Whether the part fills the avatar or fits into it. Default ``"cover"``.
    fit: Fit
    #: The file format of every avatar. Default ``"jpeg"``.
    format: Format
    #: What the photo may cost.
    limits: Limits
    #: Whether several sizes may be rendered on several threads. The bytes are the same. Default
    #: ``True``.
    parallel: bool
    #: Whether a JPEG is progressive. Default ``False``.
    progressive: bool
    #: Quality of a JPEG, 1 to 100 on the IJG scale. PNG and WebP are lossless and have none.
    #: Default ``80``.
    quality: int
    #: The avatars' sizes in pixels, 1 to 32 of them, each side 1 to 16,383. ``sizes=300`` is one
    #: square, ``sizes=(300, 200)`` two squares, and ``sizes=[(300, 200)]`` one rectangle. Default
    #: ``256``.
    sizes: Union[int, Sequence[Size]]
    #: Faithful or fast decoding of large JPEGs. Default ``"faithful"``.
    speed: Speed
    #: How many chroma samples a JPEG keeps. Default ``"4:2:0"``.
    subsampling: Subsampling
    #: Whether a photo smaller than the avatar is enlarged. If not, that avatar comes out as large
    #: as the photo allows, in the same proportions. Default ``True``.
    upscale: bool
