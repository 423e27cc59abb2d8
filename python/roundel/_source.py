"""From whatever holds a photo to what the native half takes: ``bytes``, or decoded pixels.

``bytes`` are lent to Rust as they are. Everything that another thread could change meanwhile
(``bytearray``, arrays, images) is copied once: Rust reads without the GIL, and memory that
changes under it would not be safe. That copy is small beside decoding the photo.
"""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING, Any, NamedTuple, Optional, Protocol, Union

if TYPE_CHECKING:
    import numpy
    import PIL.Image


class Readable(Protocol):
    """A file object open in binary mode."""

    def read(self, size: int, /) -> bytes: ...


#: A photo: a file's bytes, a path, a file object open in binary mode (read from where it
#: stands), a NumPy array of shape (height, width, 3 or 4) and type uint8 in sRGB with straight
#: alpha, or a PIL image.
Photo = Union[
    bytes,
    bytearray,
    memoryview,
    str,
    "os.PathLike[str]",
    Readable,
    "numpy.ndarray[Any, numpy.dtype[numpy.uint8]]",
    "PIL.Image.Image",
]

_EXIF_ORIENTATION = 0x0112


class Pixels(NamedTuple):
    """A decoded photo: 8-bit RGB or RGBA rows without padding, the top row first."""

    samples: bytes
    width: int
    height: int
    alpha: bool
    orientation: int = 1
    icc: Optional[bytes] = None


def load(source: Photo, most: int) -> Union[bytes, Pixels]:
    """Reads ``source``, but of a file not more than one byte beyond ``most``: core then refuses
    it as too long, and the rest was never in memory."""
    if isinstance(source, bytes):
        return source
    if isinstance(source, memoryview):
        return _viewed(source)
    if isinstance(source, bytearray):
        return bytes(source)
    if isinstance(source, (str, os.PathLike)):
        return _read_path(source, most)
    if _is(source, "PIL.Image", "Image"):
        return _from_pil(source)
    if _is(source, "numpy", "ndarray"):
        return _from_numpy(source)
    if hasattr(source, "read"):
        return _read(source, most)
    raise TypeError(
        "a photo is bytes, a path, a binary file object, a NumPy array or a PIL image, "
        f"not {type(source).__name__}"
    )


def _is(source: object, module: str, name: str) -> bool:
    """Whether ``source`` is of a class of a package that need not be there."""
    loaded = sys.modules.get(module)
    return loaded is not None and isinstance(source, getattr(loaded, name))


def _viewed(view: memoryview) -> bytes:
    """All of a ``bytes`` object is lent like that object; any other view is copied."""
    whole = view.obj
    if isinstance(whole, bytes) and view.c_contiguous and view.nbytes == len(whole):
        return whole
    return view.tobytes()


def _read_path(path: Union[str, os.PathLike[str]], most: int) -> bytes:
    with open(path, "rb", buffering=0) as file:
        # A regular file tells its length, and room is made for no more than that.
        length = os.fstat(file.fileno()).st_size
        return _rest(file, file.read(min(length, most) + 1), most)


def _read(file: Any, most: int) -> bytes:
    data = file.read(most + 1)
    if isinstance(data, (bytearray, memoryview)):
        data = bytes(data)
    if not isinstance(data, bytes):
        _discard(data)
        raise TypeError(f"a file's read() must give bytes, not {type(data).__name__}")
    return _rest(file, data, most)


def _rest(file: Any, first: bytes, most: int) -> bytes:
    """Reads on to the end or one byte beyond ``most``: pipes give less than they are asked for.
    A file that gave all it has is returned as it came, without a copy."""
    parts, left = [first], most + 1 - len(first)
    while parts[-1] and left > 0:
        parts.append(file.read(min(left, 1 << 20)) or b"")
        left -= len(parts[-1])
    return b"".join(parts) if len(parts) > 2 else first


def _discard(data: object) -> None:
    """Closes the coroutine that an asynchronous file gives, lest Python warn of it."""
    close = getattr(data, "close", None)
    if close is not None:
        close()


def _from_numpy(array: Any) -> Pixels:
    if array.ndim != 3 or array.shape[2] not in (3, 4) or array.dtype != "uint8":
        raise TypeError(
            "an array must have shape (height, width, 3 or 4) and type uint8, "
            f"not {array.shape} and {array.dtype}"
        )
    height, width, channels = array.shape
    return Pixels(array.tobytes(), width, height, channels == 4)


def _from_pil(image: Any) -> Pixels:
    """As its file would be: turned by its EXIF orientation, converted by its ICC profile."""
    orientation = image.getexif().get(_EXIF_ORIENTATION)
    icc = image.info.get("icc_profile")
    if image.mode not in ("RGB", "RGBA"):
        # The profile of a gray or CMYK image does not describe what it is converted to.
        image, icc = image.convert(_rgb_mode(image)), None
    upright = orientation if orientation in range(1, 9) else 1
    alpha = image.mode == "RGBA"
    return Pixels(image.tobytes(), image.width, image.height, alpha, upright, icc)


def _rgb_mode(image: Any) -> str:
    transparent = "transparency" in image.info or image.mode in ("LA", "PA", "La", "RGBa")
    return "RGBA" if transparent else "RGB"
