"""Writes roundel/_option_types.py from core/options.schema.json: generate_options.py

The schema is generated from core's `Options`, so names, types, values, defaults and the text of
the documentation are the same on every surface. A test fails when the file is out of date.
"""

from __future__ import annotations

import json
import re
import textwrap
from pathlib import Path
from typing import Any, Dict, List

HERE = Path(__file__).resolve().parent
SCHEMA = HERE.parent / "core" / "options.schema.json"
TARGET = HERE / "roundel" / "_option_types.py"

Schema = Dict[str, Any]

#: Where Python differs from JSON.
DESCRIPTIONS = {
    "Rgb": '``"RRGGBB"``, hexadecimal digits of an sRGB color, with or without ``#``.',
    "Size": "Side of a square, or ``(width, height)``, in pixels.",
}
TYPES = {"sizes": "Union[int, Sequence[Size]]"}
NOTES = {
    "formats": "``formats=\"png\"`` is the same as ``formats=[\"png\"]``.",
    "sizes": "``sizes=300`` is one square, ``sizes=(300, 200)`` two squares, and "
    "``sizes=[(300, 200)]`` one rectangle."
}

HEADER = '''\
"""The types of the options. Generated from core/options.schema.json by generate_options.py."""

from __future__ import annotations

from typing import Literal, Optional, Sequence, Tuple, TypedDict, Union
'''


def generate(schema: Schema) -> str:
    definitions = {**schema["$defs"]}
    limits = definitions.pop("Limits")
    # A definition that refers to others comes after them.
    blocks = [HEADER]
    for name in sorted(definitions, key=lambda name: "$ref" in json.dumps(definitions[name])):
        doc = comment(DESCRIPTIONS.get(name) or sentences(definitions[name]))
        blocks.append(f"{doc}\n{name} = {annotation(definitions[name])}\n")
    blocks += [typed_dict("Limits", limits), typed_dict("Options", schema)]
    return "\n".join(blocks)


def typed_dict(name: str, schema: Schema) -> str:
    lines = [f"\nclass {name}(TypedDict, total=False):", docstring(sentences(schema)), ""]
    for key, option in schema["properties"].items():
        text = f"{sentences(option)} {NOTES.get(key, '')} {default(option)}"
        lines.append(comment(text, indent=4))
        lines.append(f"    {key}: {TYPES.get(key) or annotation(option)}")
    return "\n".join(lines) + "\n"


def annotation(schema: Schema) -> str:
    """A Python type for a JSON schema."""
    if "$ref" in schema:
        return str(schema["$ref"].rsplit("/", 1)[1])
    if "anyOf" in schema:
        names = [member["const"] for member in schema["anyOf"] if "const" in member]
        members = [annotation(member) for member in schema["anyOf"] if "const" not in member]
        return union([literal(names), *members] if names else members)
    names = schema.get("enum") or [choice["const"] for choice in schema.get("oneOf", [])]
    if names:
        return literal(names)
    if isinstance(schema["type"], list):
        return union([annotation({**schema, "type": kind}) for kind in schema["type"]])
    if schema["type"] == "array":
        return array(schema)
    plain = {"boolean": "bool", "integer": "int", "number": "float", "string": "str"}
    return {**plain, "null": "None"}[schema["type"]]


def literal(names: List[str]) -> str:
    quoted = [json.dumps(name) for name in names]
    if len(quoted) < 6:
        return f"Literal[{', '.join(quoted)}]"
    return "Literal[\n" + "".join(f"    {name},\n" for name in quoted) + "]"


def union(members: List[str]) -> str:
    others = [member for member in members if member != "None"]
    joined = others[0] if len(others) == 1 else f"Union[{', '.join(others)}]"
    return f"Optional[{joined}]" if "None" in members else joined


def array(schema: Schema) -> str:
    item = annotation(schema["items"])
    if "minItems" in schema and schema["minItems"] == schema.get("maxItems"):
        return f"Tuple[{', '.join([item] * schema['minItems'])}]"
    return f"Sequence[{item}]"


def sentences(schema: Schema) -> str:
    """The first paragraph of a description, as reStructuredText and without notes on JSON."""
    paragraph = schema["description"].split("\n\n")[0].replace("\n", " ")
    paragraph = re.sub(r" ?\bIn JSON\b.*?\.(?= |$)", "", paragraph)
    linked = re.sub(r"\[(`[^`]+`)\]\([^)]*\)", r"\1", paragraph)
    return re.sub(r"\[?`([^`]+)`\]?", r"``\1``", linked)


def default(option: Schema) -> str:
    if re.search("[Dd]efault", option.get("description", "")) or "Limits" in str(option):
        return ""
    value = option["default"]
    # The default is one format, and one square, which Python spells as a name and a number.
    while isinstance(value, list):
        value = value[0]
    return f"Default ``{json.dumps(value) if isinstance(value, str) else value}``."


def comment(text: str, indent: int = 0) -> str:
    prefix = " " * indent + "#: "
    return textwrap.fill(" ".join(text.split()), 98, initial_indent=prefix, subsequent_indent=prefix)


def docstring(text: str) -> str:
    return textwrap.fill(f'"""{text}"""', 98, initial_indent="    ", subsequent_indent="    ")


def main() -> None:
    schema = json.loads(SCHEMA.read_text("utf-8"))
    TARGET.write_text(generate(schema), "utf-8")
    print(TARGET)


if __name__ == "__main__":
    main()
