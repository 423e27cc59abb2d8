"""The types match the package: stubtest and mypy on the package, mypy on the examples."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

pytest.importorskip("mypy")


MISTAKES = [
    "roundel.render(b'', sizess=5)",
    "roundel.render(b'', sizes='5')",
    "roundel.render(b'', crop='top')",
    "roundel.render(b'', limits={'pixel': 5})",
    "roundel.render(5)",
    "roundel.render(b'').avatars[0].bytez",
    "[result.avatars for result in roundel.render_many([], on_error='return')]",
]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Outside of the repository, so that the installed package is checked."""
    return tmp_path_factory.mktemp("types")


def run(folder: Path, *arguments: str) -> "subprocess.CompletedProcess[str]":
    command = [sys.executable, "-m", *arguments]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True)


def test_the_stubs_match_what_is_imported(folder: Path, repository: Path) -> None:
    python = repository / "python"
    settings = f"--mypy-config-file={python / 'pyproject.toml'}"
    allowed = f"--allowlist={python / 'tests' / 'stubtest.allow'}"
    outcome = run(folder, "mypy.stubtest", "roundel", settings, allowed)
    assert outcome.returncode == 0, outcome.stdout + outcome.stderr


@pytest.mark.parametrize("target", ["roundel", "examples"])
def test_mypy_reports_no_error(target: str, folder: Path, repository: Path) -> None:
    python = repository / "python"
    examples = [str(path) for path in sorted((python / "examples").glob("*.py"))]
    files = ["-p", "roundel"] if target == "roundel" else examples
    outcome = run(folder, "mypy", f"--config-file={python / 'pyproject.toml'}", *files)
    assert outcome.returncode == 0, outcome.stdout + outcome.stderr


def test_mypy_reports_wrong_calls(folder: Path) -> None:
    (folder / "mistakes.py").write_text("\n".join(["import roundel", *MISTAKES, ""]))
    outcome = run(folder, "mypy", "--strict", "mistakes.py")
    for number, line in enumerate(MISTAKES, 2):
        assert f"mistakes.py:{number}: error" in outcome.stdout, (line, outcome.stdout)
