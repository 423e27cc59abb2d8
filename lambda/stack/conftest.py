"""A stand-in for AWS on loopback, and the functions as they are deployed."""

from __future__ import annotations

import sys
import tempfile
import zipfile
from pathlib import Path

import pytest

HERE = Path(__file__).parent
ROOT = HERE.parent.parent
sys.path.insert(0, str(ROOT / "benches/compare/lambda"))
sys.path.insert(0, str(HERE))

from stand_in import Aws  # noqa: E402


@pytest.fixture(scope="session")
def folder():
    with tempfile.TemporaryDirectory(prefix="roundel-lambda-") as name:
        yield Path(name)


@pytest.fixture(scope="session")
def aws(folder):
    aws = Aws(folder)
    yield aws
    aws.close()


@pytest.fixture(scope="session")
def bootstraps(folder) -> dict[str, Path]:
    """The programs out of the zips that would be deployed."""
    programs = {}
    for name in ("process", "presign", "authorizer"):
        with zipfile.ZipFile(ROOT / f"dist/roundel-{name}.zip") as zipped:
            assert zipped.namelist() == ["bootstrap"]
            target = folder / name
            target.mkdir()
            zipped.extract("bootstrap", target)
        (target / "bootstrap").chmod(0o755)
        programs[name] = target / "bootstrap"
    return programs


@pytest.fixture
def photo() -> bytes:
    return (ROOT / "examples/photos/astronaut.jpg").read_bytes()
