"""AWS on this machine, and presign and authorizer as they are deployed."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

HERE = Path(__file__).parent
ROOT = HERE.parents[3]
sys.path[:0] = [str(HERE), str(ROOT / "lambda/stack"), str(ROOT / "benches/compare/lambda")]

from deployment import unzip  # noqa: E402
from fixtures import aws, folder, photo  # noqa: E402, F401


@pytest.fixture(scope="session")
def presign_program(folder) -> Path:  # noqa: F811
    return unzip("presign", folder)
