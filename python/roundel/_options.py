"""From keywords of :func:`roundel.render` to core's options.

Core checks the options and knows their defaults. Their types are generated from its schema.
"""

from __future__ import annotations

import json
from typing import Any, Mapping, SupportsInt

from . import _native
from ._errors import InvalidOptions


def checked(options: Mapping[str, Any]) -> _native.Options:
    """Options that core has checked; raises :class:`roundel.InvalidOptions`."""
    sizes = options.get("sizes")
    if isinstance(sizes, SupportsInt) and not hasattr(sizes, "__len__"):
        options = {**options, "sizes": [sizes]}
    try:
        text = json.dumps(options, default=_plain)
    except (TypeError, ValueError) as error:
        raise InvalidOptions(f"an option has a value that JSON cannot represent: {error}") from None
    return _native.Options(text)


def _plain(value: Any) -> Any:
    """Converts NumPy scalars and arrays to Python numbers and lists."""
    if hasattr(value, "tolist"):
        return value.tolist()
    raise TypeError(f"type {type(value).__name__}")
