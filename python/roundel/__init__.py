"""Exact avatars from a stranger's photo: fast, frugal and safe on hostile files.

>>> import roundel
>>> rendered = roundel.render("photo.jpg", sizes=[256, 64])  # doctest: +SKIP
>>> rendered.avatars[0].save("avatar.jpg")  # doctest: +SKIP

``render`` makes avatars, ``render_many`` makes them of many photos on all cores, ``probe`` reads
a header. What goes wrong is an :class:`Error` with a stable ``code``.
"""

from . import _interpreter as _interpreter  # first: it may refuse
from ._batch import render_many
from ._errors import Error, Internal, InvalidOptions, LimitExceeded, Malformed, Unsupported
from ._options import Limits, Options
from ._render import probe, render
from ._rendered import Avatar, Decoded, Placeholder, Region, Rendered, Source

__all__ = [
    "Avatar",
    "Decoded",
    "Error",
    "Internal",
    "InvalidOptions",
    "LimitExceeded",
    "Limits",
    "Malformed",
    "Options",
    "Placeholder",
    "Region",
    "Rendered",
    "Source",
    "Unsupported",
    "probe",
    "render",
    "render_many",
]
