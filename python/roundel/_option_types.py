"""The types of the options. Generated from core/options.schema.json by generate_options.py."""

from __future__ import annotations

from typing import Literal, Optional, Sequence, Tuple, TypedDict, Union

#: How much time an encoder spends on a smaller file.
Effort = Literal["default", "small"]

#: Whether the crop fills the avatar or fits inside it.
Fit = Literal["cover", "contain"]

#: A point of the upright photo, in fractions of its width and height.
FocalPoint = Tuple[float, float]

#: A format that avatars are written in.
Format = Literal["jpeg", "png", "webp", "avif"]

#: The frame of an animation that is shown.
Frame = Union[Literal["first", "poster"], int]

#: The edge or corner that a crop is moved towards.
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

#: How a photo is resampled.
ResizeFilter = Literal["auto", "pixelated"]

#: ``"RRGGBB"``, hexadecimal digits of an sRGB color, with or without ``#``.
Rgb = str

#: The forms of ``Shape`` in JSON.
Shape = Union[Literal["rectangle", "circle"], str]

#: Side of a square, or ``(width, height)``, in pixels.
Size = Union[int, Tuple[int, int]]

#: How closely the decoding of a large JPEG follows a full decode.
Speed = Literal["faithful", "fast"]

#: The subject that a crop follows.
Subject = Literal["face", "attention"]

#: How many chroma samples a JPEG keeps for each luma sample.
Subsampling = Literal["4:4:4", "4:2:2", "4:2:0"]

#: The part of the photo to show.
Crop = Union[Gravity, Subject, FocalPoint, Rect]

#: One format, or a list of them without repetition.
Formats = Union[Format, Sequence[Format]]


class Limits(TypedDict, total=False):
    """Upper bounds on the cost of one photo. Every limit is on by default and can be lowered or
    raised."""

    #: Milliseconds that an animated avatar takes. Default 60,000.
    duration_ms: int
    #: Frames that an animation declares, and frames that are decoded for one render. Default
    #: 10,000.
    frames: int
    #: Stored height in pixels, never more than 2^28. Default 65,535.
    height: int
    #: Size of the file in bytes. Default 64 MiB.
    input_bytes: int
    #: Bytes that one render holds at once, not counting the file itself. Default 64 MiB.
    memory: int
    #: Stored width times height; in an animated avatar, of all frames. Default 256,000,000.
    pixels: int
    #: Scans of a JPEG. Default 100.
    scans: int
    #: Stored width in pixels, never more than 2^28. Default 65,535.
    width: int
    #: Samples decoded plus coefficients parsed, and 64 for each pixel of an AVIF that is written.
    #: Three times that with the effort ``small``, and 11 times with ``max_bytes``. An animated
    #: avatar adds the samples of its avatars and 4 to 16 for each pixel written; with
    #: ``max_bytes`` it may be decoded 11 times. Default 1,073,741,824.
    work: int


class Options(TypedDict, total=False):
    """How avatars are made from a photo."""

    #: Whether to render a damaged photo although a visible part of it is missing. The missing
    #: part is gray in a JPEG, a lossy WebP or an AVIF, and else transparent, unless a part of its
    #: data is known. The report has its share of the photo. An animated avatar ends before its
    #: first damaged frame. Default ``False``.
    accept_damaged: bool
    #: Whether to write an animated WebP if the photo is an animated GIF, PNG or WebP. All frames
    #: have one crop and the timing of the photo, except that a frame of 10 ms or less is shown
    #: for 100 ms, as in browsers. Other formats, and a photo of one frame, stay stills. An
    #: animation with a damaged frame is refused, even where its first frame is sound. Needs the
    #: feature ``animation``. Default ``False``.
    animated: bool
    #: Fill color for transparency and letterboxing. Without it, a JPEG is filled with white, and
    #: the other formats stay transparent. Default ``None``.
    background: Optional[Rgb]
    #: The part of the upright photo to show. Default ``"center"``.
    crop: Crop
    #: How much time the encoders of lossy formats spend on a smaller file that looks the same.
    #: With ``small``, a JPEG takes 0.90 of the bytes and several times as long, a lossy WebP 0.96
    #: of the bytes and 3 times as long, and an AVIF 0.94 and 3 times. Default ``"default"``.
    effort: Effort
    #: How an enlarged photo is resampled: smoothly, or with hard edges for pixel art. Default
    #: ``"auto"``.
    filter: ResizeFilter
    #: Whether the crop fills the avatar or fits inside it. Default ``"cover"``.
    fit: Fit
    #: The file formats of the avatars, without repetition. Every size is written in each of them,
    #: in this order, from one decode. ``formats="png"`` is the same as ``formats=["png"]``.
    #: Default ``"jpeg"``.
    formats: Formats
    #: The frame of an animated GIF, PNG or WebP that is shown. In an animated avatar, the crop is
    #: chosen by this frame. Default ``"first"``.
    frame: Frame
    #: Upper bounds on the cost of one photo.
    limits: Limits
    #: Whether to write a lossless WebP. A PNG is always lossless, and a JPEG or an AVIF cannot
    #: be. Default ``False``.
    lossless: bool
    #: The most bytes of each avatar. A lossy format gets the highest quality that fits, at most
    #: ``quality``. An avatar that does not fit at the lowest quality is refused, and so is a
    #: lossless one that is too large. Default ``None``.
    max_bytes: Optional[int]
    #: Whether to render a photo on several threads if it is large or has several sizes. The bytes
    #: are the same either way. Threads take more processor time, so switch them off where other
    #: photos keep the cores busy. Default ``True``.
    parallel: bool
    #: Whether to write progressive JPEGs. Default ``False``.
    progressive: bool
    #: Quality of lossy formats, 1 to 100, on the scale of the Independent JPEG Group. A lossy
    #: WebP or an AVIF gets the quality of its own scale that looks the same (equal SSIMULACRA2).
    #: For 80, these are 82 and 83, which take 0.81 and 0.71 of the bytes of the JPEG. Default
    #: ``80``.
    quality: int
    #: The shape that avatars are cut to. Outside of it, a JPEG has the background, and the other
    #: formats are transparent, whatever the background. Default ``"rectangle"``.
    shape: Shape
    #: The sizes of the avatars in pixels: 1 to 32 sizes, each side 1 to 16,383. ``sizes=300`` is
    #: one square, ``sizes=(300, 200)`` two squares, and ``sizes=[(300, 200)]`` one rectangle.
    #: Default ``256``.
    sizes: Union[int, Sequence[Size]]
    #: Faithful or fast decoding of large JPEGs. Default ``"faithful"``.
    speed: Speed
    #: Chroma subsampling of JPEGs. By default 4:4:4 if no side is longer than 128 pixels, and
    #: 4:2:0 if one is.
    subsampling: Optional[Subsampling]
    #: Whether to enlarge a photo that is smaller than the avatar. If ``false``, that avatar comes
    #: out smaller, in the same proportions. Default ``True``.
    upscale: bool
