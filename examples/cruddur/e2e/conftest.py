"""The whole system, once for all tests, and a browser in front of it."""

from __future__ import annotations

import os
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect, sync_playwright

HERE = Path(__file__).parent
sys.path[:0] = [str(HERE.parent), str(HERE)]

import demo  # noqa: E402  (finds the stand-in for AWS)
from demo.system import System  # noqa: E402
from local_aws import free_port  # noqa: E402

from jwks_server import Keys  # noqa: E402
from browser_user import Person  # noqa: E402
from photos import phone_photo  # noqa: E402

CHROMIUM = os.environ.get("CHROMIUM") or "/usr/bin/chromium"
#: Nothing that asks the outside world.
FLAGS = [
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
]
#: Milliseconds for a step of a page, however busy the machine is.
PATIENCE = 60_000
expect.set_options(timeout=PATIENCE)


@pytest.fixture(scope="session")
def folder() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="cruddur-e2e-") as name:
        yield Path(name)


@pytest.fixture(scope="session")
def keys() -> Iterator[Keys]:
    keys = Keys()
    yield keys
    keys.close()


@pytest.fixture(scope="session")
def system(folder: Path, keys: Keys) -> Iterator[System]:
    system = System(folder, free_port(), JWKS_URL=keys.url)
    keys.upstream = system.pool.keys_url(system.aws.url)
    yield system
    system.close()


@pytest.fixture(scope="session")
def photo(folder: Path) -> Path:
    return phone_photo(folder)


@pytest.fixture(scope="session")
def other_photo(folder: Path) -> Path:
    return phone_photo(folder, "other.jpg", mirrored=True)


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS, timeout=180_000)
        yield browser
        browser.close()


@pytest.fixture
def someone(browser: Browser, system: System):
    """Opens a browser of their own for somebody, who is not signed in yet."""
    people: list[Person] = []

    def someone(**options: object) -> Person:
        context = browser.new_context(**{"viewport": {"width": 1280, "height": 900}, **options})
        context.set_default_timeout(PATIENCE)
        people.append(Person(context, system))
        return people[-1]

    yield someone
    for person in people:
        person.leave()


@pytest.fixture
def ada(someone) -> Person:
    ada = someone()
    ada.sign_in("ada")
    return ada
