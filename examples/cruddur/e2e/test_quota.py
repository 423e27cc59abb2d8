"""A user has a limit of uploads and of removals in an hour. Other users do not notice it."""

from __future__ import annotations

import time

import pytest
from api_client import request_upload, send
from conftest import UPLOADS_PER_HOUR
from playwright.sync_api import expect


@pytest.fixture
def one_in_an_hour(system):
    seconds = 3600 - time.time() % 3600
    if seconds < 60:
        time.sleep(seconds + 1)  # The whole test is in one hour.
    system.deployment.set_environment("Presign", UPLOADS_PER_HOUR="1")
    yield
    system.deployment.set_environment("Presign", UPLOADS_PER_HOUR=UPLOADS_PER_HOUR)


def test_a_user_who_has_used_the_quota_waits_and_others_do_not(ada, system, photo, one_in_an_hour):
    ada_token, carol_token = (system.user_pool.tokens(name)["AccessToken"] for name in ("ada", "carol"))
    # Earlier tests may have used it.
    request_upload(system, ada_token)
    status, denied = request_upload(system, ada_token)
    assert (status, denied["code"]) == (429, "quota_exceeded")
    assert 0 < denied["retry_after"] <= 3600
    ada.edit()
    ada.choose_unchanged(photo)
    ada.save()
    message = ada.page.get_by_role("alert").filter(has_text="too often in a short time")
    expect(message).to_contain_text("try again in")
    assert request_upload(system, carol_token)[0] == 200
    removals = [send("DELETE", f"{system.deployment.upload_api()}/avatars", carol_token)[0] for _ in range(2)]
    assert removals == [202, 429], "removals have a limit of their own"
