"""Authorization of the APIs, called directly, without the page."""

from __future__ import annotations

import base64
import hashlib
import json
import time

import pytest
from api_client import request_upload, send
from upload import post, put

#: An HTTP API answers 401 without a token, and 403 if the authorizer refuses the token.
GATEWAY_UNAUTHORIZED = (401, 403)


@pytest.fixture(scope="module")
def tokens(system) -> dict[str, str]:
    return system.user_pool.tokens("ada")


@pytest.fixture(scope="module")
def invalid_tokens(tokens, jwks) -> dict[str, str | None]:
    good = tokens["AccessToken"]
    return {
        "none": None,
        "nonsense": "x",
        "an ID token": tokens["IdToken"],
        "forged": good[:-8] + ("AAAAAAAA" if good[-8:] != "AAAAAAAA" else "BBBBBBBB"),
        "expired": jwks.sign_like(good, exp=int(time.time()) - 60),
        "of another client": jwks.sign_like(good, client_id="stranger"),
        "of another pool": jwks.sign_like(good, iss="https://cognito-idp.us-east-1.amazonaws.com/x"),
    }


def test_a_token_of_the_test_key_with_valid_claims_is_accepted(system, tokens, jwks):
    token = jwks.sign_like(tokens["AccessToken"])
    assert send("GET", f"{system.url}/api/me", token)[1]["handle"] == "ada"
    assert request_upload(system, token)[0] == 200


def test_an_invalid_token_cannot_change_a_profile(system, invalid_tokens):
    for name, token in invalid_tokens.items():
        status, answer = send("PUT", f"{system.url}/api/profile/update", token, {"bio": name})
        assert (status, answer["code"]) == (401, "unauthorized"), name
    _, ada = send("GET", f"{system.url}/api/profile/ada", None)
    assert ada["bio"] not in invalid_tokens


def test_an_invalid_token_gets_no_signed_upload(system, invalid_tokens):
    for name, token in invalid_tokens.items():
        assert request_upload(system, token)[0] in GATEWAY_UNAUTHORIZED, name


def test_a_signed_form_is_not_valid_for_the_key_of_another_user(system, tokens):
    ada, bob, _ = system.user_pool.users
    _, upload = request_upload(system, tokens["AccessToken"])
    assert f"/{ada.sub}/" in upload["key"]
    theirs = upload["key"].replace(ada.sub, bob.sub)
    assert post(upload, b"photo", key=theirs) == 403
    assert theirs not in stored(system, bob.sub)


def test_a_signed_url_is_not_valid_for_the_key_of_another_user(system, tokens):
    ada, bob, _ = system.user_pool.users
    sha256 = base64.b64encode(hashlib.sha256(b"x").digest()).decode()
    _, upload = request_upload(system, tokens["AccessToken"], content_length=1, checksum_sha256=sha256)
    assert f"/{ada.sub}/" in upload["url"]
    upload["url"] = upload["url"].replace(ada.sub, bob.sub)
    assert put(upload, b"x") == 403
    assert upload["key"].replace(ada.sub, bob.sub) not in stored(system, bob.sub)


def test_a_client_cannot_choose_the_key(system, tokens):
    bob = system.user_pool.users[1]
    _, upload = request_upload(system, tokens["AccessToken"], key=f"avatars/original/{bob.sub}/1.jpg", sub=bob.sub)
    assert bob.sub not in upload["key"]


def test_a_message_with_a_wrong_signature_is_refused(system):
    ada = system.user_pool.users[0]
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
