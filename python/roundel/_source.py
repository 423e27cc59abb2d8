"""Converts a photo of any accepted type to ``bytes`` or :class:`Pixels` for the native module.

``bytes`` are passed to Rust without a copy. Objects that another thread could modify
(``bytearray``, arrays, images) are copied once, because Rust reads them without the GIL. The copy
is cheap compared with decoding.
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


#: A photo: the bytes of a file, a path, a file object open in binary mode (read from its current
#: position), a NumPy array of shape (height, width, 3 or 4) and dtype uint8 in sRGB with straight
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
    """A decoded photo: 8-bit RGB or RGBA, rows without padding, top row first."""

    samples: bytes
    width: int
    height: int
    alpha: bool
    #: Value of the EXIF tag, whatever its type. Core ignores any that is not 1 to 8.
    orientation: object = None
    icc: Optional[bytes] = None


def load(source: Photo, limit: int) -> Union[bytes, Pixels]:
    """Reads ``source``, but at most ``limit + 1`` bytes of a file. Core then refuses it as too
    long, and the rest is never in memory."""
    if isinstance(source, bytes):
        return source
    if isinstance(source, memoryview):
        return _from_memoryview(source)
    if isinstance(source, bytearray):
        return bytes(source)
    if isinstance(source, (str, os.PathLike)):
        return _read_path(source, limit)
    if _is_instance(source, "PIL.Image", "Image"):
        return _from_pil(source)
    if _is_instance(source, "numpy", "ndarray"):
        return _from_numpy(source)
    if hasattr(source, "read"):
        return _read(source, limit)
    raise TypeError(
        "a photo must be bytes, a path, a binary file object, a NumPy array or a PIL image, "
        f"not {type(source).__name__}"
    )


def _is_instance(source: object, module: str, name: str) -> bool:
    """``isinstance`` for a class of a package that may not be installed."""
    loaded = sys.modules.get(module)
    return loaded is not None and isinstance(source, getattr(loaded, name))


def _from_memoryview(view: memoryview) -> bytes:
    """A view of a whole ``bytes`` object is passed on as that object. Any other view is copied."""
    whole = view.obj
    if isinstance(whole, bytes) and view.c_contiguous and view.nbytes == len(whole):
        return whole
    return view.tobytes()


def _read_path(path: Union[str, os.PathLike[str]], limit: int) -> bytes:
    with open(path, "rb", buffering=0) as file:
        # Regular files report their length, so the buffer has the right size at once.
        length = os.fstat(file.fileno()).st_size
        return _read_rest(file, file.read(min(length, limit) + 1), limit)


def _read(file: Any, limit: int) -> bytes:
    data = file.read(limit + 1)
    if isinstance(data, (bytearray, memoryview)):
        data = bytes(data)
    if not isinstance(data, bytes):
        _close_coroutine(data)
        raise TypeError(f"read() of the file must return bytes, not {type(data).__name__}")
    return _read_rest(file, data, limit)


def _read_rest(file: Any, first: bytes, limit: int) -> bytes:
    """Reads to the end, or one byte beyond ``limit``. Pipes return less than requested. If
    ``first`` was the whole file, it is returned without a copy."""
    parts, left = [first], limit + 1 - len(first)
    while parts[-1] and left > 0:
        parts.append(file.read(min(left, 1 << 20)) or b"")
        left -= len(parts[-1])
    return b"".join(parts) if len(parts) > 2 else first


def _close_coroutine(data: object) -> None:
    """Closes the coroutine of an asynchronous ``read``, so that Python prints no warning."""
    close = getattr(data, "close", None)
    if close is not None:
        close()


def _from_numpy(array: Any) -> Pixels:
    if array.ndim != 3 or array.shape[2] not in (3, 4) or array.dtype != "uint8":
        raise TypeError(
            "an array must have shape (height, width, 3 or 4) and dtype uint8, "
            f"not {array.shape} and {array.dtype}"
        )
    height, width, channels = array.shape
    return Pixels(array.tobytes(), width, height, channels == 4)


def _from_pil(image: Any) -> Pixels:
    """Keeps EXIF orientation and ICC profile, so that core renders the image like its file."""
    orientation = image.getexif().get(_EXIF_ORIENTATION)
    icc = image.info.get("icc_profile")
    if image.mode not in ("RGB", "RGBA"):
        # The profile of a gray or CMYK image does not apply after conversion to RGB.
        image, icc = image.convert(_rgb_mode(image)), None
    alpha = image.mode == "RGBA"
    return Pixels(image.tobytes(), image.width, image.height, alpha, orientation, icc)


def _rgb_mode(image: Any) -> str:
    transparent = "transparency" in image.info or image.mode in ("LA", "PA", "La", "RGBa")
    return "RGBA" if transparent else "RGB"
