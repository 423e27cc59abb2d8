"""The types of the options agree with the schema that core writes."""

from __future__ import annotations

import inspect
import json
import sys
from pathlib import Path
from typing import Any, Dict, Set, get_args, get_type_hints

import pytest
import roundel
from roundel import _options


@pytest.fixture(scope="module")
def schema(repository: Path) -> Dict[str, Any]:
    file: Dict[str, Any] = json.loads((repository / "core" / "options.schema.json").read_text())
    return file


def constants(definition: Dict[str, Any]) -> Set[str]:
    listed = definition.get("enum", [])
    return set(listed) | {entry["const"] for entry in definition.get("oneOf", [])}


def test_every_option_is_typed_and_no_other(schema: Dict[str, Any]) -> None:
    assert set(roundel.Options.__annotations__) == set(schema["properties"])
    limits = schema["$defs"]["Limits"]["properties"]
    assert set(roundel.Limits.__annotations__) == set(limits)


@pytest.mark.parametrize("name", ["Format", "Subsampling", "Fit", "Speed", "Gravity"])
def test_every_choice_is_typed_and_no_other(name: str, schema: Dict[str, Any]) -> None:
    spelled = set(get_args(getattr(_options, name)))
    # An alias that core reads and the schema leaves out.
    assert spelled == constants(schema["$defs"][name])


JSON_TYPE = {bool: "boolean", int: "integer"}


@pytest.mark.skipif(sys.version_info < (3, 10), reason="the types are written for 3.10")
def test_plain_options_have_the_type_of_the_schema(schema: Dict[str, Any]) -> None:
    for name, kind in get_type_hints(roundel.Options).items():
        if kind in JSON_TYPE:
            assert schema["properties"][name]["type"] == JSON_TYPE[kind], name
    for name, kind in get_type_hints(roundel.Limits).items():
        assert schema["$defs"]["Limits"]["properties"][name]["type"] == JSON_TYPE[kind]


def test_defaults_are_written_as_the_schema_has_them(schema: Dict[str, Any]) -> None:
    source = inspect.getsource(_options)
    for name, limit in schema["$defs"]["Limits"]["properties"].items():
        default = limit["default"]
        spelled = f"{default >> 20} MiB" if name in ("input_bytes", "memory") else f"{default:,}"
        before, _, _ = source.partition(f"\n    {name}: int\n")
        assert f"Default {spelled}." in before.rsplit("\n    #: ", 1)[1], name


def test_every_default_of_the_schema_is_accepted(schema: Dict[str, Any], astronaut: bytes) -> None:
    defaults = {name: entry["default"] for name, entry in schema["properties"].items()}
    assert roundel.render(astronaut, **defaults) == roundel.render(astronaut)
