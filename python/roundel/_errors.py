"""Exceptions. Each has a stable ``code``, the same in Rust, in Python and in the browser."""

from __future__ import annotations

from typing import ClassVar, Optional


class Error(Exception):
    """Base class of the exceptions of roundel. The text is for a person, ``code`` for a program.

    :cvar code: ``"malformed"``, ``"unsupported"``, ``"limit_exceeded"``, ``"invalid_options"``
        or ``"internal"``.
    :ivar offset: byte offset in the file where the error was found, or ``None``.
    """

    code: ClassVar[str] = "internal"
    offset: Optional[int] = None


class Malformed(Error, ValueError):
    """The file is damaged, or is not what it says it is. Choose another file."""

    code = "malformed"


class Unsupported(Error, ValueError):
    """The file may be intact, but its format or one of its features is not supported.

    :ivar feature: name of the format or feature, such as ``"heic"``, ``"jpeg_arithmetic"`` or
        ``"unknown_format"``.
    """

    code = "unsupported"
    feature: str = ""


class LimitExceeded(Error, ValueError):
    """Rendering would exceed one of the ``limits``, or an avatar ``max_bytes``.

    :ivar limit: name of the limit, as in :class:`roundel.Limits`, or ``"max_bytes"``.
    :ivar wanted: the amount that rendering needs, at least.
    :ivar allowed: the amount that the limit allows.
    """

    code = "limit_exceeded"
    limit: str = ""
    wanted: int = 0
    allowed: int = 0


class InvalidOptions(Error, ValueError, TypeError):
    """The options are unknown, or impossible for this photo. The file is not at fault.

    Also a ``TypeError``, because Python raises that for an unknown keyword.
    """

    code = "invalid_options"


class Internal(Error, RuntimeError):
    """A defect of roundel. Please report it."""
