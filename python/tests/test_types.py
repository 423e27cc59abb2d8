"""The types say what the package does: mypy's stubtest on it, mypy on it and on its users."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

pytest.importorskip("mypy")


def run(*arguments: str, cwd: Path) -> None:
    outcome = subprocess.run(
        [sys.executable, "-m", *arguments], cwd=cwd, capture_output=True, text=True
    )
    assert outcome.returncode == 0, outcome.stdout + outcome.stderr


def test_the_stubs_match_what_is_imported(tmp_path: Path, repository: Path) -> None:
    settings = repository / "python" / "pyproject.toml"
    run("mypy.stubtest", "roundel", f"--mypy-config-file={settings}", cwd=tmp_path)


@pytest.mark.parametrize("what", ["roundel", "users"])
def test_mypy_is_content(what: str, tmp_path: Path, repository: Path) -> None:
    python = repository / "python"
    users = [str(path) for path in sorted((python / "examples").glob("*.py"))]
    target = ["-p", "roundel"] if what == "roundel" else users
    run("mypy", f"--config-file={python / 'pyproject.toml'}", *target, cwd=tmp_path)


@pytest.mark.parametrize(
    "line",
    [
        "roundel.render(b'', sizess=5)",
        "roundel.render(b'', sizes='5')",
        "roundel.render(b'', crop='top')",
        "roundel.render(b'', limits={'pixel': 5})",
        "roundel.render(5)",
        "roundel.render(b'').avatars[0].bytez",
        "[result.avatars for result in roundel.render_many([], on_error='return')]",
    ],
)
def test_mypy_finds_a_mistake(line: str, tmp_path: Path) -> None:
    script = tmp_path / "mistake.py"
    script.write_text(f"import roundel\n{line}\n")
    command = [sys.executable, "-m", "mypy", "--strict", str(script)]
    outcome = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True)
    assert outcome.returncode == 1 and "mistake.py:2" in outcome.stdout, outcome.stdout
