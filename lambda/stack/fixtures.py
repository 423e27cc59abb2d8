"""Fixtures of the stack tests, for `conftest.py` of this folder and of other functions."""

from __future__ import annotations

import tempfile
from pathlib import Path

import pytest
from deployment import ROOT
from local_aws import Aws


@pytest.fixture(scope="session")
def folder():
    with tempfile.TemporaryDirectory(prefix="roundel-lambda-") as name:
        yield Path(name)


@pytest.fixture(scope="session")
def aws(folder):
    aws = Aws(folder)
    yield aws
    aws.close()


@pytest.fixture
def photo() -> bytes:
    return (ROOT / "examples/photos/astronaut.jpg").read_bytes()
