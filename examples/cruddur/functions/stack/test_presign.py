"""presign's signatures, compared with those of botocore and checked by ministack."""

from __future__ import annotations

import base64
import hashlib
import json
import time
from datetime import datetime, timezone
from urllib.parse import parse_qs, urlsplit

import pytest
from botocore.auth import S3SigV4PostAuth, S3SigV4QueryAuth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from runtime import Function
from local_aws import REGION
from upload import post, put, send

BUCKET = "presigned-uploads"


@pytest.fixture(scope="module")
def store(aws):
    s3 = aws.client("s3")
    s3.create_bucket(Bucket=BUCKET)
    return s3


def started(aws, presign_program, **environment):
    return Function(
        [str(presign_program)],
        {
            "UPLOADS_BUCKET_NAME": BUCKET,
            "FOLDER_INPUT": "in",
            "MAX_UPLOAD_BYTES": "5000",
            "AWS_ENDPOINT_URL_S3": aws.url,
            **environment,
        },
    )


@pytest.fixture(scope="module")
def presign(aws, presign_program, store):
    function = started(aws, presign_program)
    yield function
    function.close()


def request_upload(function, **request) -> dict:
    context = {"http": {"method": "POST"}, "authorizer": {"lambda": {"sub": "me"}}}
    ok, answer = function.invoke({"requestContext": context, "body": json.dumps(request)})
    assert ok and answer["statusCode"] == 200, answer
    return json.loads(answer["body"])


def pinned(body: bytes) -> dict:
    digest = base64.b64encode(hashlib.sha256(body).digest()).decode()
    return {"extension": "jpg", "content_length": len(body), "checksum_sha256": digest}


@pytest.mark.parametrize("token", [None, "session/token+="])
def test_the_form_is_signed_as_by_botocore(aws, presign_program, token):
    function = started(aws, presign_program, **({"AWS_SESSION_TOKEN": token} if token else {}))
    fields = request_upload(function, extension="jpg")["fields"]
    function.close()
    # botocore signs the same policy: every field is in it already.
    policy = json.loads(base64.b64decode(fields["policy"]))
    request = AWSRequest("POST", f"{aws.url}/{BUCKET}/")
    auth = S3SigV4PostAuth(Credentials("test", "test", token), "s3", REGION)
    ours = [{name: fields[name]} for name in fields if name not in ("policy", "x-amz-signature")]
    assert all(condition in policy["conditions"] for condition in ours)
    credential = fields["x-amz-credential"].split("/", 1)[1]
    request.context["timestamp"] = fields["x-amz-date"]
    assert credential == auth.credential_scope(request)
    assert fields["x-amz-signature"] == auth.signature(fields["policy"], request)


@pytest.mark.parametrize("token", [None, "session/token+="])
def test_the_url_is_signed_as_by_botocore(aws, presign_program, monkeypatch, token):
    function = started(aws, presign_program, **({"AWS_SESSION_TOKEN": token} if token else {}))
    upload = request_upload(function, **pinned(b"photo"))
    function.close()
    query = parse_qs(urlsplit(upload["url"]).query)
    stamp = datetime.strptime(query["X-Amz-Date"][0], "%Y%m%dT%H%M%SZ").replace(tzinfo=timezone.utc)
    monkeypatch.setattr("botocore.auth.get_current_datetime", lambda: stamp)
    request = AWSRequest("PUT", upload["url"].split("?")[0], headers=upload["headers"])
    credentials = Credentials("test", "test", token)
    S3SigV4QueryAuth(credentials, "s3", REGION, expires=300).add_auth(request)
    assert parse_qs(urlsplit(request.url).query) == query


def test_the_form_uploads_one_photo(presign, store, photo):
    upload = request_upload(presign, extension="jpg")
    body = photo[:5000]
    assert post(upload, body) == 204
    stored = store.get_object(Bucket=BUCKET, Key=upload["key"])
    assert (stored["Body"].read(), stored["ContentType"]) == (body, "image/jpeg")


@pytest.mark.parametrize(
    "change",
    [
        {"key": "in/you/1.jpg"},
        {"Content-Type": "text/html"},
        {"acl": "public-read"},
        {"x-amz-meta-note": "hello"},
    ],
)
def test_the_store_refuses_a_form_that_was_changed(presign, change):
    assert post(request_upload(presign, extension="jpg"), b"photo", **change) == 403


@pytest.mark.parametrize("body", [b"", b"x" * 5001])
def test_the_store_refuses_a_form_with_a_file_of_another_size(presign, body):
    assert post(request_upload(presign, extension="jpg"), body) == 400


def test_the_url_uploads_one_body(presign, store):
    upload = request_upload(presign, **pinned(b"photo"))
    assert put(upload, b"photo") == 200
    assert store.get_object(Bucket=BUCKET, Key=upload["key"])["Body"].read() == b"photo"


@pytest.mark.parametrize(
    ("body", "change"),
    [
        (b"other", {}),
        (b"photo and more", {"content_length": "14"}),
        (b"photo", {"content_type": "text/html"}),
        (b"other", {"x_amz_checksum_sha256": pinned(b"other")["checksum_sha256"]}),
    ],
)
def test_the_store_refuses_another_body_type_length_or_checksum(presign, body, change):
    assert put(request_upload(presign, **pinned(b"photo")), body, **change) in (400, 403)


def test_the_url_uploads_once(presign):
    upload = request_upload(presign, **pinned(b"photo"))
    condition = upload["headers"].pop("if-none-match")
    assert put(upload, b"photo") == 403, "the condition is signed"
    upload["headers"]["if-none-match"] = condition
    assert [put(upload, b"photo") for _ in range(2)] == [200, 412]


def test_each_user_has_a_quota_of_an_hour(aws, presign_program, store):
    aws.client("dynamodb").create_table(
        TableName="quota", BillingMode="PAY_PER_REQUEST",
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
    )
    settings = {"QUOTA_TABLE_NAME": "quota", "UPLOADS_PER_HOUR": "2", "AWS_ENDPOINT_URL_DYNAMODB": aws.url}
    function = started(aws, presign_program, **settings)

    def answer(method: str, sub: str) -> dict:
        context = {"http": {"method": method}, "authorizer": {"lambda": {"sub": sub}}}
        ok, answer = function.invoke({"requestContext": context, "body": '{"extension": "jpg"}'})
        assert ok
        return answer

    seconds = 3600 - time.time() % 3600
    if seconds < 10:
        time.sleep(seconds + 1)  # All in one hour.
    assert [answer("POST", "me")["statusCode"] for _ in range(3)] == [200, 200, 429]
    denied = answer("POST", "me")
    wait = int(denied["headers"]["retry-after"])
    assert 0 < wait <= 3600 and json.loads(denied["body"])["retry_after"] == wait
    assert (answer("DELETE", "me")["statusCode"], answer("POST", "you")["statusCode"]) == (202, 200)
    function.close()


def test_the_store_refuses_another_key_or_lifetime(presign):
    upload = request_upload(presign, **pinned(b"photo"))
    for before, after in [("/in/me/", "/in/you/"), ("X-Amz-Expires=300", "X-Amz-Expires=9999")]:
        changed = {**upload, "url": upload["url"].replace(before, after)}
        assert changed != upload and put(changed, b"photo") == 403


def test_the_form_expires_after_five_minutes(presign):
    upload = request_upload(presign, extension="jpg")
    policy = json.loads(base64.b64decode(upload["fields"]["policy"]))
    signed = datetime.strptime(upload["fields"]["x-amz-date"], "%Y%m%dT%H%M%SZ")
    expires = datetime.strptime(policy["expiration"], "%Y-%m-%dT%H:%M:%SZ")
    assert (expires - signed).total_seconds() == upload["expires_in"] == 300


def test_the_store_refuses_an_expired_signature(store):
    """Signed by boto3 for one second, because five minutes is too long for a test."""
    url = store.generate_presigned_url("put_object", {"Bucket": BUCKET, "Key": "in/me/1.jpg"}, 1)
    form = store.generate_presigned_post(BUCKET, "in/me/1.jpg", ExpiresIn=1)
    time.sleep(2.1)
    assert send("PUT", url, b"photo", {}) == 403
    assert post(form, b"photo") == 403


@pytest.mark.parametrize(
    ("name", "value", "problem"),
    [
        ("UPLOADS_BUCKET_NAME", "", "is not set"),
        ("MAX_UPLOAD_BYTES", "20MB", "must be a whole number"),
        ("CORS_ORIGINS", "*", "must list origins"),
    ],
)
def test_a_wrong_setting_ends_the_function_with_its_name(presign_program, tmp_path, name, value, problem):
    log = tmp_path / "log"
    environment = {"UPLOADS_BUCKET_NAME": BUCKET, name: value}
    function = Function([str(presign_program)], environment, log)
    assert function.process.wait(timeout=60) != 0
    assert f"the environment variable {name} {problem}" in log.read_text()
    function.close()
