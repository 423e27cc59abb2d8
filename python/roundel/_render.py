"""Renders and probes one photo."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Optional, Union

from . import _native, _rendered
from ._option_types import Limits, Options
from ._options import checked
from ._rendered import Rendered, Source
from ._source import Photo, Pixels, load

if TYPE_CHECKING:
    from typing_extensions import Unpack


def render(source: Photo, **options: Unpack[Options]) -> Rendered:
    """Makes avatars in each of the ``sizes`` and ``formats`` from one photo. Releases the GIL.

    >>> import numpy, roundel
    >>> photo = numpy.zeros((300, 400, 3), "uint8")
    >>> roundel.render(photo, sizes=[64, (30, 20)], formats="png").avatars[1].size
    (30, 20)

    :param source: the bytes of a file, a path, a file object open in binary mode, a NumPy array
        of shape (height, width, 3 or 4) and dtype uint8, or a PIL image.
    :param options: see :class:`roundel.Options`. The default is one square JPEG of 256 pixels,
        cropped from the center, upright, in sRGB and without metadata.
    :raises roundel.InvalidOptions: the options are impossible, for any photo or for this one.
    :raises roundel.Unsupported: the format, or a feature of it, is not supported.
    :raises roundel.Malformed: the file is damaged in a part that is needed.
    :raises roundel.LimitExceeded: rendering would exceed one of the ``limits``.
    :raises OSError: the file cannot be read.
    :raises TypeError: ``source`` has another type.
    """
    core_options = checked(options)
    return render_loaded(load(source, core_options.input_bytes), core_options)


def render_loaded(photo: Union[bytes, Pixels], options: _native.Options) -> Rendered:
    """Renders a photo that is in memory, with checked options."""
    report, digest, files, milliseconds = _native.render(photo, options)
    return _rendered.rendered(json.loads(report), digest, files, milliseconds)


def probe(source: Photo, *, limits: Optional[Limits] = None) -> Source:
    """Reads the header of a photo: format, size, orientation. Decodes nothing.

    :param source: as for :func:`roundel.render`.
    :param limits: see :class:`roundel.Limits`; only those of the header are checked.
    :raises roundel.Error: as :func:`roundel.render`.
    """
    core_options = checked({} if limits is None else {"limits": limits})
    report = _native.probe(load(source, core_options.input_bytes), core_options)
    return _rendered.source(json.loads(report))
