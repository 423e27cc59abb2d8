"""Exact avatars from untrusted photos.

>>> import roundel
>>> rendered = roundel.render("photo.jpg", sizes=[256, 64])  # doctest: +SKIP
>>> rendered.avatars[0].save("avatar.jpg")  # doctest: +SKIP

``render`` makes avatars, ``render_many`` makes avatars of many photos on all cores, and ``probe``
reads the header. Every error is an :class:`Error` with a stable ``code``.
"""

from . import _interpreter as _interpreter  # First: it may refuse the import.
from ._batch import render_many
from ._errors import Error, Internal, InvalidOptions, LimitExceeded, Malformed, Unsupported
from ._option_types import Limits, Options
from ._render import probe, render
from ._rendered import Avatar, Decoded, Face, Placeholder, Region, Rendered, Source

__all__ = [
    "Avatar",
    "Decoded",
    "Error",
    "Face",
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
