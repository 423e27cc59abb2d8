"""The types and docs of the options are those of core's schema."""

from __future__ import annotations

import json
import runpy
from pathlib import Path
from typing import Any, Dict, get_args

import pytest
import roundel
from roundel import _option_types


@pytest.fixture(scope="module")
def schema(repository: Path) -> Dict[str, Any]:
    file: Dict[str, Any] = json.loads((repository / "core" / "options.schema.json").read_text())
    return file


def test_the_generated_types_are_up_to_date(repository: Path, schema: Dict[str, Any]) -> None:
    generator = runpy.run_path(str(repository / "python" / "generate_options.py"))
    installed = Path(_option_types.__file__).read_text("utf-8")
    assert installed == generator["generate"](schema), "run python/generate_options.py"


def test_every_option_and_limit_has_a_type(schema: Dict[str, Any]) -> None:
    assert set(roundel.Options.__annotations__) == set(schema["properties"])
    limits = schema["$defs"]["Limits"]["properties"]
    assert set(roundel.Limits.__annotations__) == set(limits)


def test_both_spellings_of_center_are_typed_and_accepted(astronaut: bytes) -> None:
    assert {"center", "centre"} < set(get_args(_option_types.Gravity))
    expected = roundel.render(astronaut, crop="center", sizes=[(30, 20)])
    assert roundel.render(astronaut, crop="centre", sizes=[(30, 20)]) == expected


def test_every_default_of_the_schema_is_accepted(schema: Dict[str, Any], astronaut: bytes) -> None:
    defaults = {name: entry["default"] for name, entry in schema["properties"].items()}
    assert roundel.render(astronaut, **defaults) == roundel.render(astronaut)
