"""Every language gives the bytes and error codes in ``core/cases.json``."""

from __future__ import annotations

from typing import Any, Dict

import pytest
import roundel
from conftest import case_input, cases

FILE = cases()


def outcome(case: Dict[str, Any]) -> Dict[str, Any]:
    try:
        rendered = roundel.render(case_input(FILE["inputs"][case["input"]]), **case["options"])
    except roundel.Error as error:
        return {"error": error.code}
    return {
        "format": rendered.avatars[0].format,
        "sizes": [list(avatar.size) for avatar in rendered.avatars],
        "digest": rendered.digest,
    }


def expected(case: Dict[str, Any]) -> Any:
    """The wheel is built without the decoders of these formats."""
    return {"error": "unsupported"} if case.get("feature") in ("avif", "heic") else case["expect"]


@pytest.mark.parametrize("case", FILE["cases"], ids=lambda case: str(case["name"]))
def test_a_case_gives_the_same_as_in_rust(case: Dict[str, Any]) -> None:
    assert outcome(case) == expected(case)
