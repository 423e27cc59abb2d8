"""Who may do what: without a page, straight at the addresses."""

from __future__ import annotations

import base64
import hashlib
import json
import time
import urllib.error
import urllib.request

import pytest
from upload import post, put

#: Amazon's HTTP API answers 401 without a token and 403 for one that the authorizer refuses.
GATEWAY_REFUSES = (401, 403)


def send(method: str, url: str, token: str | None, body: object = None) -> tuple[int, dict]:
    headers = {"content-type": "application/json"}
    if token is not None:
        headers["authorization"] = f"Bearer {token}"
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(url, data, headers, method=method)
    try:
        answer = urllib.request.urlopen(request, timeout=30)
    except urllib.error.HTTPError as error:
        answer = error
    text = answer.read()
    return answer.status, json.loads(text) if text else {}


@pytest.fixture(scope="module")
def tokens(system) -> dict[str, str]:
    return system.pool.tokens("ada")


@pytest.fixture(scope="module")
def bad_tokens(tokens, keys) -> dict[str, str | None]:
    good = tokens["AccessToken"]
    return {
        "none": None,
        "nonsense": "x",
        "an ID token": tokens["IdToken"],
        "forged": good[:-8] + ("AAAAAAAA" if good[-8:] != "AAAAAAAA" else "BBBBBBBB"),
        "expired": keys.token(good, exp=int(time.time()) - 60),
        "of another client": keys.token(good, client_id="stranger"),
        "of another pool": keys.token(good, iss="https://cognito-idp.us-east-1.amazonaws.com/x"),
    }


def ask(system, token: str | None, **wish: object) -> tuple[int, dict]:
    url = f"{system.deployment.upload_api()}/avatars/key_upload"
    return send("POST", url, token, {"extension": "jpg", **wish})


def test_a_token_of_our_key_is_good_as_long_as_its_claims_are(system, tokens, keys):
    token = keys.token(tokens["AccessToken"])
    assert send("GET", f"{system.url}/api/me", token)[1]["handle"] == "ada"
    assert ask(system, token)[0] == 200


def test_no_other_token_changes_a_profile(system, bad_tokens):
    for name, token in bad_tokens.items():
        status, answer = send("PUT", f"{system.url}/api/profile/update", token, {"bio": name})
        assert (status, answer["code"]) == (401, "unauthorized"), name
    _, ada = send("GET", f"{system.url}/api/profile/ada", None)
    assert ada["bio"] not in bad_tokens


def test_no_other_token_gets_an_upload_signed(system, bad_tokens):
    for name, token in bad_tokens.items():
        assert ask(system, token)[0] in GATEWAY_REFUSES, name


def test_a_form_cannot_be_turned_to_another_persons_key(system, tokens):
    ada, bob, _ = system.pool.people
    _, upload = ask(system, tokens["AccessToken"])
    assert f"/{ada.sub}/" in upload["key"]
    theirs = upload["key"].replace(ada.sub, bob.sub)
    assert post(upload, b"photo", key=theirs) == 403
    assert theirs not in stored(system, bob.sub)


def test_a_pinned_address_cannot_be_turned_to_another_persons_key(system, tokens):
    ada, bob, _ = system.pool.people
    sha256 = base64.b64encode(hashlib.sha256(b"x").digest()).decode()
    _, upload = ask(system, tokens["AccessToken"], content_length=1, checksum_sha256=sha256)
    assert f"/{ada.sub}/" in upload["url"]
    upload["url"] = upload["url"].replace(ada.sub, bob.sub)
    assert put(upload, b"x") == 403
    assert upload["key"].replace(ada.sub, bob.sub) not in stored(system, bob.sub)


def test_nobody_names_a_key_themselves(system, tokens):
    bob = system.pool.people[1]
    _, upload = ask(system, tokens["AccessToken"], key=f"avatars/original/{bob.sub}/1.jpg", sub=bob.sub)
    assert bob.sub not in upload["key"]


def test_an_unsigned_message_is_not_believed(system):
    ada = system.pool.people[0]
    notice = {"type": "avatar", "sub": ada.sub, "digest": "0" * 64}
    message = {
        "Type": "Notification", "MessageId": "1", "Message": json.dumps(notice),
        "TopicArn": system.deployment.outputs["TopicArn"],
        "Timestamp": time.strftime("%Y-%m-%dT%H:%M:%S.000Z", time.gmtime()),
        "SignatureVersion": "1", "Signature": "FAKE",
        "SigningCertURL": "https://sns.us-east-1.amazonaws.com/SimpleNotificationService-fake.pem",
    }
    assert send("POST", f"{system.url}/webhooks/avatar", None, message)[0] == 403


def stored(system, sub: str) -> list[str]:
    s3 = system.aws.client("s3")
    found = s3.list_objects_v2(Bucket="cruddur-uploads", Prefix=f"avatars/original/{sub}")
    return [item["Key"] for item in found.get("Contents", [])]
