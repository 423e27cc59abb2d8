"""Calls of the APIs without the page."""

from __future__ import annotations

import json
import time
import urllib.error
import urllib.request


def send(method: str, url: str, token: str | None, body: object = None) -> tuple[int, dict]:
    """Sends a JSON request. Returns status and body of the response, also of an error."""
    headers = {"content-type": "application/json"}
    if token is not None:
        headers["authorization"] = f"Bearer {token}"
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(url, data, headers, method=method)
    try:
        response = urllib.request.urlopen(request, timeout=30)
    except urllib.error.HTTPError as error:
        response = error
    text = response.read()
    return response.status, json.loads(text) if text else {}


def request_upload(system, token: str | None, **fields: object) -> tuple[int, dict]:
    """Requests a signed upload from the upload API."""
    url = f"{system.deployment.upload_api()}/avatars/key_upload"
    return send("POST", url, token, {"extension": "jpg", **fields})


def avatar(system, name: str) -> dict:
    """The avatar in the profile of a user; empty if there is none."""
    return send("GET", f"{system.url}/api/profile/{name}", None)[1]["avatar"] or {}


def wait_for_upload(system, name: str, upload: str, seconds: float = 60) -> str:
    """Waits until the avatar is that of this upload. Returns its digest."""
    until = time.monotonic() + seconds
    while avatar(system, name).get("upload") != upload:
        assert time.monotonic() < until, system.relay.log.read_text()[-500:]
        time.sleep(0.1)
    return avatar(system, name)["digest"]
