"""Every page and state, in light and dark, on a phone and on a desktop: looked at by axe, and kept
as pictures in target/cruddur-looks for a person to look at."""

from __future__ import annotations

from pathlib import Path

import pytest
from conftest import PATIENCE
from browser_user import Person
from photos import ASTRONAUT
from playwright.sync_api import expect

from demo import ROOT
from demo.system import BUILT

AXE = (ROOT / "wasm/node_modules/axe-core/axe.min.js").read_text()
LOOKS = BUILT / "cruddur-looks"
SCREENS = {
    "desktop": {"viewport": {"width": 1280, "height": 800}},
    "phone": {"viewport": {"width": 360, "height": 740}, "device_scale_factor": 2, "has_touch": True},
}


def look(person: Person, name: str) -> None:
    """Nothing to complain of for axe, nothing wider than the screen."""
    page = person.page
    page.evaluate("() => Promise.all(document.getAnimations().map((one) => one.finished))")
    page.screenshot(path=LOOKS / f"{name}.png")
    # Through the debugger: the page's policy lets no other script in.
    page.evaluate(AXE + "; undefined")
    found = page.evaluate("() => axe.run()")["violations"]
    assert not [(one["id"], [node["html"] for node in one["nodes"]]) for one in found], name
    wide = page.evaluate("() => document.documentElement.scrollWidth - innerWidth")
    assert wide <= 0, name


@pytest.fixture(scope="module", autouse=True)
def folder_for_looks() -> Path:
    LOOKS.mkdir(parents=True, exist_ok=True)
    return LOOKS


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("screen", SCREENS)
def test_every_state_is_fit_to_be_seen(someone, system, screen, scheme):
    person = someone(**SCREENS[screen], color_scheme=scheme, reduced_motion="reduce")
    page = person.page
    name = lambda state: f"{state}-{screen}-{scheme}"  # noqa: E731
    person.visit("/signin")
    page.get_by_label("Username").wait_for()
    look(person, name("signin"))
    person.sign_in("bob", "wrong")
    page.get_by_role("alert").filter(has_text="password").wait_for()
    look(person, name("signin-refused"))
    person.visit("/@nobody-of-this-name")
    page.get_by_role("heading", level=1).wait_for()
    look(person, name("nobody"))
    person.sign_in("ada")
    page.locator("article .avatar > :not(canvas)").wait_for()
    page.locator(".banner img").wait_for()
    look(person, name("profile"))
    person.edit()
    page.locator("roundel-picker").wait_for()
    look(person, name("edit"))
    person.choose(ASTRONAUT)
    look(person, name("edit-cropping"))
    # The upload hangs, as in a tunnel.
    page.route(f"{system.aws.url}/cruddur-uploads/**", lambda route: None)
    person.save()
    page.get_by_role("progressbar").wait_for(timeout=PATIENCE)
    look(person, name("edit-uploading"))
    page.get_by_role("button", name="Cancel").click()
    page.get_by_label("Send the photo as it is").wait_for(state="detached")
    person.edit()
    page.get_by_label("Send the photo as it is").check()
    page.get_by_role("button", name="Save").scroll_into_view_if_needed()
    look(person, name("edit-as-it-is"))


def test_who_has_no_picture_has_initials(someone):
    person = someone(**SCREENS["phone"])
    person.visit("/@carol")
    expect(person.page.locator("article .initials")).to_have_text("CS")
    look(person, "initials-phone-light")
