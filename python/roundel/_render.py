"""One photo."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Optional, Union

from . import _native, _rendered
from ._options import Limits, Options, checked
from ._rendered import Rendered, Source
from ._source import Photo, Pixels, load

if TYPE_CHECKING:
    from typing_extensions import Unpack


def render(source: Photo, **options: Unpack[Options]) -> Rendered:
    """Makes every avatar that ``sizes`` asks for from one photo, without holding the GIL.

    >>> import numpy, roundel
    >>> photo = numpy.zeros((300, 400, 3), "uint8")
    >>> roundel.render(photo, sizes=[64, (30, 20)], format="png").avatars[1].size
    (30, 20)

    :param source: a file's bytes, a path, a file object open in binary mode, a NumPy array of
        shape (height, width, 3 or 4) and type uint8, or a PIL image.
    :param options: see :class:`roundel.Options`. By default one square JPEG of 256 pixels,
        cropped from the centre, the right way up, in sRGB and without metadata.
    :raises roundel.InvalidOptions: no photo, or not this one, can meet the options.
    :raises roundel.Unsupported: the format, or a feature of it, is not handled.
    :raises roundel.Malformed: the file is damaged where it matters.
    :raises roundel.LimitExceeded: it asks for more than ``limits`` allow.
    :raises OSError: the file cannot be read.
    :raises TypeError: ``source`` is none of these.
    """
    chosen = checked(options)
    return rendered(load(source, chosen.input_bytes), chosen)


def rendered(photo: Union[bytes, Pixels], options: _native.Options) -> Rendered:
    """A photo that is read, with options that are checked."""
    report, digest, files, milliseconds = _native.render(photo, options)
    return _rendered.rendered(json.loads(report), digest, files, milliseconds)


def probe(source: Photo, *, limits: Optional[Limits] = None) -> Source:
    """Reads the photo's header and decodes nothing: format, size, orientation.

    :param source: as for :func:`roundel.render`.
    :param limits: what the photo may ask for, as far as its header tells.
    :raises roundel.Error: as :func:`roundel.render`.
    """
    chosen = checked({} if limits is None else {"limits": limits})
    report = _native.probe(load(source, chosen.input_bytes), chosen)
    return _rendered.source(json.loads(report))
