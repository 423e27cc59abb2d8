"""A picture is removed by its owner: everywhere, at once, and for good."""

from __future__ import annotations

import time
import urllib.error
import urllib.request

import pytest
from api_client import avatar, request_upload, send
from playwright.sync_api import expect
from stored_objects import StoredObjects
from test_avatar import EVERYWHERE, current_digest


def wait_until_removed(stored: StoredObjects) -> None:
    """The object that requests a removal is deleted last, after the caches are invalidated."""
    until = time.monotonic() + 30
    while stored.upload_keys() and time.monotonic() < until:
        time.sleep(0.1)
    assert not stored.upload_keys()


def assert_gone(address: str) -> None:
    with pytest.raises(urllib.error.HTTPError, match="403"):
        urllib.request.urlopen(address)


def test_a_removed_picture_becomes_initials_on_every_open_page(ada, new_user, system, photo):
    before = current_digest(system)
    ada.edit()
    ada.choose_unchanged(photo)
    ada.save_and_wait()
    digest = ada.wait_for_digest("article", before)
    stranger = new_user()
    stranger.visit("/@ada")
    stranger.wait_for_digest("article", None)
    stored = StoredObjects(system, "ada")
    alias = f"{system.distribution.url}/avatars/{stored.sub}.jpg"
    pictures = [image["url"] for image in avatar(system, "ada")["images"]] + [alias]
    for address in pictures:
        # Now they are in the cache of the distribution.
        urllib.request.urlopen(address).close()
    assert digest in pictures[0]
    # A listing has times in seconds: the photo must be older than the second of the removal.
    time.sleep(1.1)
    form = ada.edit()
    remove = form.get_by_role("button", name="Remove my picture")
    question = ada.page.get_by_role("alertdialog", name="Remove your picture?")
    remove.focus()
    ada.page.keyboard.press("Enter")
    expect(ada.page.get_by_role("button", name="Keep picture")).to_be_focused()
    ada.page.keyboard.press("Escape")
    expect(question).to_have_count(0)
    expect(remove).to_be_focused()
    assert current_digest(system) == digest
    ada.page.keyboard.press("Enter")
    ada.page.keyboard.press("Tab")
    expect(ada.page.get_by_role("button", name="Remove picture")).to_be_focused()
    ada.page.keyboard.press("Enter")
    expect(question).to_have_count(0)
    expect(ada.page.get_by_role("status").filter(has_text="Your picture is removed.")).to_be_visible()
    expect(form.get_by_role("heading", name="Edit profile")).to_be_focused()
    expect(remove).to_be_hidden()
    for user, places in ((ada, EVERYWHERE), (stranger, ("article",))):
        for where in places:
            expect(user.page.locator(f"{where} .avatar .initials")).to_be_visible()
        assert user.never_reloaded()
    wait_until_removed(stored)
    for address in pictures:
        assert_gone(address)
    assert list(stored.assets()) == [f"avatars/{stored.sub}/latest.json"]
    # The form still works: another photo is accepted.
    ada.choose_unchanged(photo)
    ada.save_and_wait()
    assert ada.wait_for_digest("article", None) != digest, "the same photo has another address"


def test_a_removal_that_is_refused_shows_a_message_and_can_be_repeated(ada, system):
    ada.page.route(
        f"{system.deployment.upload_api()}/avatars",
        lambda route: route.fulfill(status=503, json={"code": "unavailable", "message": "try again"}),
        times=1,
    )
    ada.edit()
    ada.page.get_by_role("button", name="Remove my picture").click()
    ada.page.get_by_role("button", name="Remove picture").click()
    expect(ada.page.get_by_role("alert").filter(has_text="not available")).to_be_visible()
    ada.page.get_by_role("button", name="Remove picture").click()
    expect(ada.page.get_by_role("status").filter(has_text="Your picture is removed.")).to_be_visible()
    assert avatar(system, "ada") == {}


def test_a_user_cannot_remove_the_picture_of_another_user(system):
    url = f"{system.deployment.upload_api()}/avatars"
    assert send("DELETE", url, None)[0] in (401, 403)
    assert send("DELETE", url, "x")[0] in (401, 403)
    bob = StoredObjects(system, "bob")
    token = system.user_pool.tokens("ada")["AccessToken"]
    status, removal = send("DELETE", f"{url}?sub={bob.sub}", token, {"sub": bob.sub})
    assert status == 202 and bob.sub not in removal["key"]
    # Nor can a client upload the object that asks for a removal.
    assert request_upload(system, token, extension="remove")[0] == 415
