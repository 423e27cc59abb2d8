"""Checks every page and state with axe, in light and dark mode, on a phone and on a desktop.

The screenshots stay in target/cruddur-screenshots for review.
"""

from __future__ import annotations

from pathlib import Path

import pytest
from api_client import request_upload, wait_for_upload
from browser_user import BrowserUser
from conftest import TIMEOUT_MS
from photos import ASTRONAUT
from playwright.sync_api import expect
from upload import post

from demo import ROOT
from demo.system import TARGET

AXE = (ROOT / "wasm/node_modules/axe-core/axe.min.js").read_text()
SCREENSHOTS = TARGET / "cruddur-screenshots"
SCREENS = {
    "desktop": {"viewport": {"width": 1280, "height": 800}},
    "phone": {"viewport": {"width": 360, "height": 740}, "device_scale_factor": 2, "has_touch": True},
}


def check(user: BrowserUser, name: str) -> None:
    """Takes a screenshot. axe finds no violation, and the page does not scroll horizontally."""
    page = user.page
    page.evaluate("() => Promise.all(document.getAnimations().map((one) => one.finished))")
    page.screenshot(path=SCREENSHOTS / f"{name}.png")
    # Through the debugger, because the content security policy blocks other scripts.
    page.evaluate(AXE + "; undefined")
    violations = page.evaluate("() => axe.run()")["violations"]
    assert not [(one["id"], [node["html"] for node in one["nodes"]]) for one in violations], name
    overflow = page.evaluate("() => document.documentElement.scrollWidth - innerWidth")
    assert overflow <= 0, name


@pytest.fixture(scope="module", autouse=True)
def screenshot_folder() -> Path:
    SCREENSHOTS.mkdir(parents=True, exist_ok=True)
    return SCREENSHOTS


@pytest.fixture(scope="module", autouse=True)
def picture_of_ada(system) -> None:
    _, upload = request_upload(system, system.user_pool.tokens("ada")["AccessToken"])
    assert post(upload, ASTRONAUT.read_bytes()) == 204
    wait_for_upload(system, "ada", upload["key"].rpartition("/")[2])


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("screen", SCREENS)
def test_every_page_and_state_is_accessible(new_user, system, screen, scheme):
    user = new_user(**SCREENS[screen], color_scheme=scheme, reduced_motion="reduce")
    page = user.page
    name = lambda state: f"{state}-{screen}-{scheme}"  # noqa: E731
    user.visit("/signin")
    page.get_by_label("Username").wait_for()
    check(user, name("signin"))
    user.sign_in("bob", "wrong")
    page.get_by_role("alert").filter(has_text="password").wait_for()
    check(user, name("signin-refused"))
    user.visit("/@unknown-user")
    page.get_by_role("heading", level=1).wait_for()
    check(user, name("unknown-user"))
    user.sign_in("ada")
    page.locator("article .avatar > :not(canvas)").wait_for()
    page.locator(".banner img").wait_for()
    check(user, name("profile"))
    user.edit()
    page.locator("roundel-picker").wait_for()
    check(user, name("edit"))
    page.get_by_role("button", name="Remove my picture").click()
    page.get_by_role("alertdialog").wait_for()
    check(user, name("remove"))
    # The request never gets a response.
    page.route(f"{system.deployment.upload_api()}/avatars", lambda route: None)
    page.get_by_role("button", name="Remove picture").click()
    page.get_by_role("status").filter(has_text="Removing").wait_for()
    check(user, name("removing"))
    page.keyboard.press("Escape")
    user.choose(ASTRONAUT)
    check(user, name("edit-cropping"))
    # The upload never gets a response.
    page.route(f"{system.aws.url}/cruddur-uploads/**", lambda route: None)
    user.save()
    page.get_by_role("progressbar").wait_for(timeout=TIMEOUT_MS)
    check(user, name("edit-uploading"))
    page.get_by_role("button", name="Cancel").click()
    page.get_by_label("Send the photo unchanged").wait_for(state="detached")
    user.edit()
    page.get_by_label("Send the photo unchanged").check()
    page.get_by_role("button", name="Save").scroll_into_view_if_needed()
    check(user, name("edit-unchanged"))


def test_a_user_without_a_picture_has_initials(new_user):
    user = new_user(**SCREENS["phone"])
    user.visit("/@carol")
    expect(user.page.locator("article .initials")).to_have_text("CS")
    check(user, "initials-phone-light")
