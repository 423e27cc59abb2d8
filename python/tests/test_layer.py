"""The Lambda layer is imported as on Lambda: from its folder under /opt, without other packages."""

from __future__ import annotations

import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

HANDLER = """
import roundel, sys
assert roundel.__file__.startswith(sys.argv[1]), roundel.__file__
rendered = roundel.render(sys.argv[2], sizes=[64, 32])
print([avatar.size for avatar in rendered.avatars])
"""


@pytest.fixture(scope="module")
def opt(tmp_path_factory: pytest.TempPathFactory) -> Path:
    layer = os.environ.get("ROUNDEL_LAYER")
    if not layer:
        pytest.skip("no layer was built (make layer)")
    folder = tmp_path_factory.mktemp("opt")
    with zipfile.ZipFile(layer) as archive:
        archive.extractall(folder)
    return folder


@pytest.mark.parametrize("runtime", ["3.12", "3.13", "3.14"])
def test_a_function_can_import_the_layer(opt: Path, runtime: str, astronaut_path: Path) -> None:
    packages = opt / "python" / "lib" / f"python{runtime}" / "site-packages"
    # One binary works with all versions, so this Python can stand in for the runtime.
    python = [sys.executable, "-S", "-c", HANDLER, str(packages), str(astronaut_path)]
    environment = {"PYTHONPATH": str(packages)}
    run = subprocess.run(python, capture_output=True, text=True, env=environment)
    assert run.stdout == "[(64, 64), (32, 32)]\n", run.stderr


def test_the_layer_is_small(opt: Path) -> None:
    unpacked = sum(path.stat().st_size for path in opt.rglob("*") if path.is_file())
    assert unpacked < 50_000_000, "all layers of a function share 250 MB"
