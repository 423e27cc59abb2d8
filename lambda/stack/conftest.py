"""AWS on this machine, and process as it is deployed."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

HERE = Path(__file__).parent
sys.path[:0] = [str(HERE), str(HERE.parent.parent / "benches/compare/lambda")]

from deployment import unzip  # noqa: E402
from fixtures import aws, folder, photo  # noqa: E402, F401


@pytest.fixture(scope="session")
def process(folder) -> Path:  # noqa: F811
    return unzip("process", folder)
