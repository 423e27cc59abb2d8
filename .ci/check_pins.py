"""Checks that every dependency is pinned, and that installing one runs no code of it.

Needs no network: it reads the lock files and the requirements that git tracks. `make audit` looks for known
vulnerabilities, with the network.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
#: `name==version`, optionally with extras and an environment marker.
PINNED = re.compile(r"[\w.-]+(\[[\w,-]+\])?==[\w.!+-]+(\s*;.*)?")


def npm_problems(lock: Path) -> Iterator[str]:
    settings = lock.with_name(".npmrc")
    lines = settings.read_text().splitlines() if settings.exists() else []
    if "ignore-scripts=true" not in lines:
        yield f"{settings}: needs ignore-scripts=true"
    for name, package in json.loads(lock.read_text())["packages"].items():
        # The root, a folder of this repository, or a part of another package.
        is_local = not name.rpartition("node_modules/")[1] or package.get("link") or package.get("inBundle")
        if not is_local and not package.get("integrity"):
            yield f"{lock}: {name} has no integrity"


def python_problems(requirements: Path) -> Iterator[str]:
    for line in requirements.read_text().splitlines():
        text = line.partition("#")[0].strip()
        if text and not PINNED.fullmatch(text):
            yield f"{requirements}: {text!r} has no exact version"


def cargo_problems(lock: Path) -> Iterator[str]:
    for package in lock.read_text().split("[[package]]")[1:]:
        name = re.search(r'name = "(.*)"', package)[1]
        if "source = " in package and "checksum = " not in package:
            yield f"{lock}: {name} has no checksum"


CHECKS = {
    "package-lock.json": npm_problems,
    "requirements*.txt": python_problems,
    "Cargo.lock": cargo_problems,
}


def problems(root: Path, files: list[str]) -> list[str]:
    """The problems in these files, which are relative to `root`."""
    found = []
    for file in map(Path, files):
        for pattern, check in CHECKS.items():
            if file.match(pattern):
                found += [problem.replace(f"{root}/", "") for problem in check(root / file)]
    return found


def main() -> None:
    listed = subprocess.run(["git", "ls-files"], cwd=ROOT, check=True, capture_output=True, text=True)
    if found := problems(ROOT, listed.stdout.splitlines()):
        sys.exit("\n".join(found))


if __name__ == "__main__":
    main()
