"""Fixtures: the whole system, started once for all tests, and a browser."""

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

import demo  # noqa: E402  (adds local_aws to the path)
from demo.system import System  # noqa: E402
from local_aws import free_port  # noqa: E402

from browser_user import BrowserUser  # noqa: E402
from jwks_server import JwksServer  # noqa: E402
from photos import phone_photo  # noqa: E402

CHROMIUM = os.environ.get("CHROMIUM") or "/usr/bin/chromium"
#: Disables requests of Chromium itself to the network.
FLAGS = [
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
]
#: The tests upload more often than a person. test_quota.py tests the limit.
UPLOADS_PER_HOUR = "1000"
#: Timeout of one step of a page, also on a busy machine.
TIMEOUT_MS = 60_000
expect.set_options(timeout=TIMEOUT_MS)


@pytest.fixture(scope="session")
def folder() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="cruddur-e2e-") as name:
        yield Path(name)


@pytest.fixture(scope="session")
def jwks() -> Iterator[JwksServer]:
    jwks = JwksServer()
    yield jwks
    jwks.close()


@pytest.fixture(scope="session")
def system(folder: Path, jwks: JwksServer) -> Iterator[System]:
    system = System(folder, free_port(), JWKS_URL=jwks.url)
    system.deployment.set_environment("Presign", UPLOADS_PER_HOUR=UPLOADS_PER_HOUR)
    jwks.upstream = system.user_pool.jwks_url(system.aws.url)
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
def new_user(browser: Browser, system: System):
    """Opens a new browser context for a user, who is not signed in yet."""
    users: list[BrowserUser] = []

    def new_user(**options: object) -> BrowserUser:
        context = browser.new_context(**{"viewport": {"width": 1280, "height": 900}, **options})
        context.set_default_timeout(TIMEOUT_MS)
        users.append(BrowserUser(context, system))
        return users[-1]

    yield new_user
    for user in users:
        user.close()


@pytest.fixture
def ada(new_user) -> BrowserUser:
    ada = new_user()
    ada.sign_in("ada")
    return ada
