"""Why a photo was refused. Every exception has a stable ``code``, the same on every surface."""

from __future__ import annotations

from typing import ClassVar, Optional


class Error(Exception):
    """Whatever roundel refuses. Its text is for a person, its ``code`` for a program.

    :cvar code: ``"malformed"``, ``"unsupported"``, ``"limit_exceeded"``, ``"invalid_options"``
        or ``"internal"``.
    :ivar offset: where in the file the trouble was met, in bytes from its start, or ``None``.
    :ivar feature: the name of what is not handled, for example ``"heic"``, or ``None``.
    """

    code: ClassVar[str] = "internal"
    offset: Optional[int] = None
    feature: Optional[str] = None


class Malformed(Error, ValueError):
    """The file is damaged or is not what it says it is. Choose another file."""

    code = "malformed"


class Unsupported(Error, ValueError):
    """The file may be sound, but its format or a feature of it is not handled."""

    code = "unsupported"


class LimitExceeded(Error, ValueError):
    """The file asks for more than ``limits`` allow.

    :ivar limit: the name of the limit, as in :class:`roundel.Limits`.
    :ivar wanted: how much the file asked for, at least.
    :ivar allowed: how much was allowed.
    """

    code = "limit_exceeded"
    limit: str = ""
    wanted: int = 0
    allowed: int = 0


class InvalidOptions(Error, ValueError, TypeError):
    """The caller asked for something impossible or unknown. No file is at fault.

    A ``TypeError`` as well, as Python raises for an unknown keyword.
    """

    code = "invalid_options"


class Internal(Error, RuntimeError):
    """A defect of roundel. Please report it."""
