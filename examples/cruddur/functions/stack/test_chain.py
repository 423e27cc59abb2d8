"""The whole chain as deployed: token, authorizer, presign, upload, process, notice."""

from __future__ import annotations

import base64
import hashlib
import json
import time
import urllib.error
import urllib.request
import zipfile

import pytest
from app import Inbox, open_inbox, sign_in
from conftest import ROOT
from stand_in import REGION
from upload import post, put

UPLOADS, ASSETS = "chain-uploads", "chain-assets"
ROLE = "arn:aws:iam::000000000000:role/roundel"


class Stack:
    """Everything that a deployment has, put together by hand."""

    def __init__(self, aws):
        self.aws = aws
        self.s3, self.sns, self.functions = (aws.client(n) for n in ("s3", "sns", "lambda"))
        for bucket in (UPLOADS, ASSETS):
            self.s3.create_bucket(Bucket=bucket)
        self.inbox = open_inbox()
        self.topic = self.subscribe()
        self.pool, self.client, tokens = sign_in(aws)
        self.token, self.id_token = tokens["AccessToken"], tokens["IdToken"]
        self.deploy()
        self.api = self.open_api()

    def subscribe(self) -> str:
        topic = self.sns.create_topic(Name="avatars")["TopicArn"]
        webhook = f"http://127.0.0.1:{self.inbox.server_port}/webhooks/avatar"
        self.sns.subscribe(TopicArn=topic, Protocol="http", Endpoint=webhook)
        token = Inbox.received.get(timeout=30)["Token"]
        self.sns.confirm_subscription(TopicArn=topic, Token=token)
        return topic

    def deploy(self) -> None:
        s3 = {"AWS_ENDPOINT_URL_S3": self.aws.url}
        self.function("process", {
            "DEST_BUCKET_NAME": ASSETS, "FOLDER_INPUT": "avatars/original",
            "FOLDER_OUTPUT": "avatars", "PROCESS_WIDTH": "512", "PROCESS_HEIGHT": "512",
            "NOTICE_TOPIC_ARN": self.topic, **s3,
        })
        self.function("presign", {
            "UPLOADS_BUCKET_NAME": UPLOADS, "FOLDER_INPUT": "avatars/original",
            "CORS_ORIGINS": "https://example.com", **s3,
        })
        jwks = f"{self.aws.url}/{self.pool}/.well-known/jwks.json"
        self.function("authorizer", {
            "USER_POOL_ID": self.pool, "CLIENT_ID": self.client, "JWKS_URL": jwks,
        })
        arn = f"arn:aws:lambda:{REGION}:000000000000:function:process"
        created = {"LambdaFunctionArn": arn, "Events": ["s3:ObjectCreated:*"]}
        self.s3.put_bucket_notification_configuration(
            Bucket=UPLOADS,
            NotificationConfiguration={"LambdaFunctionConfigurations": [created]},
        )

    def function(self, name: str, environment: dict[str, str]) -> None:
        self.functions.create_function(
            FunctionName=name, Runtime="provided.al2023", Handler="bootstrap", Role=ROLE,
            Code={"ZipFile": (ROOT / f"dist/roundel-{name}.zip").read_bytes()},
            Timeout=60, MemorySize=1769, Environment={"Variables": environment},
        )

    def open_api(self) -> str:
        http = self.aws.client("apigatewayv2")
        uri = f"arn:aws:lambda:{REGION}:000000000000:function:"
        api = http.create_api(Name="avatars", ProtocolType="HTTP")["ApiId"]
        authorizer = http.create_authorizer(
            ApiId=api, Name="jwt", AuthorizerType="REQUEST", EnableSimpleResponses=True,
            AuthorizerPayloadFormatVersion="2.0", AuthorizerResultTtlInSeconds=0,
            IdentitySource=["$request.header.Authorization"],
            AuthorizerUri=f"arn:aws:apigateway:{REGION}:lambda:path/2015-03-31/functions/"
            f"{uri}authorizer/invocations",
        )["AuthorizerId"]
        integration = http.create_integration(
            ApiId=api, IntegrationType="AWS_PROXY", IntegrationUri=f"{uri}presign",
            PayloadFormatVersion="2.0",
        )["IntegrationId"]
        http.create_route(
            ApiId=api, RouteKey="POST /avatars/key_upload", Target=f"integrations/{integration}",
            AuthorizationType="CUSTOM", AuthorizerId=authorizer,
        )
        http.create_route(
            ApiId=api, RouteKey="OPTIONS /{proxy+}", Target=f"integrations/{integration}"
        )
        http.create_stage(ApiId=api, StageName="$default", AutoDeploy=True)
        return api

    def call(self, method: str, token: str | None, body: object = None) -> tuple[int, dict, dict]:
        url = f"{self.aws.url}/avatars/key_upload"
        headers = {
            "Host": f"{self.api}.execute-api.127.0.0.1:{self.aws.port}",
            "Content-Type": "application/json", "Origin": "https://example.com",
        }
        if token:
            headers["Authorization"] = f"Bearer {token}"
        data = json.dumps(body).encode() if body is not None else None
        request = urllib.request.Request(url, data, headers, method=method)
        try:
            response = urllib.request.urlopen(request, timeout=60)
        except urllib.error.HTTPError as error:
            response = error
        text = response.read()
        return response.status, dict(response.headers), json.loads(text) if text else {}

    def notice(self) -> dict:
        return json.loads(Inbox.received.get(timeout=60)["Message"])

    def close(self) -> None:
        self.inbox.shutdown()
        self.inbox.server_close()


@pytest.fixture(scope="module")
def stack(aws, bootstraps):
    stack = Stack(aws)
    yield stack
    stack.close()


def claims(token: str) -> dict:
    part = token.split(".")[1]
    return json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))


def asset(stack, key: str) -> dict:
    found = stack.s3.get_object(Bucket=ASSETS, Key=key)
    return {**found, "bytes": found["Body"].read()}


def test_an_upload_becomes_avatars_and_a_notice(stack, photo):
    status, headers, upload = stack.call("POST", stack.token, {"extension": "jpg"})
    assert status == 200, upload
    assert {k.lower(): v for k, v in headers.items()}["access-control-allow-origin"] == (
        "https://example.com"
    )
    sub = claims(stack.token)["sub"]
    assert upload["key"].startswith(f"avatars/original/{sub}/")
    assert post(upload, photo) == 204
    notice = stack.notice()
    assert (notice["type"], notice["sub"]) == ("avatar", sub)
    assert notice["sizes"] == [[512, 512], [256, 256], [128, 128], [64, 64], [32, 32]]
    alias = asset(stack, f"avatars/{sub}.jpg")
    assert alias["Metadata"]["digest"] == notice["digest"]
    folder = f"avatars/{sub}/{notice['digest']}"
    versions = [asset(stack, f"{folder}/{side}.jpg") for side, _ in notice["sizes"]]
    assert versions[0]["bytes"] == alias["bytes"]
    assert all(v["CacheControl"].endswith("immutable") for v in versions)
    assert all(b"Exif" not in version["bytes"] for version in versions)


def test_a_pinned_upload_replaces_it(stack, photo):
    # The avatar of an avatar is another one: encoded once more.
    other = stack.s3.get_object(Bucket=ASSETS, Key=f"avatars/{claims(stack.token)['sub']}.jpg")
    body = other["Body"].read()
    digest = base64.b64encode(hashlib.sha256(body).digest()).decode()
    wish = {"extension": "jpg", "content_length": len(body), "checksum_sha256": digest}
    status, _, upload = stack.call("POST", stack.token, wish)
    assert status == 200 and put(upload, body) == 200
    notice = stack.notice()
    assert notice["order"]["key"] == upload["key"]
    assert notice["digest"] != other["Metadata"]["digest"]


def test_a_text_file_is_refused_on_record(stack):
    _, _, upload = stack.call("POST", stack.token, {"extension": "jpg"})
    assert post(upload, b"no photo at all") == 204
    notice = stack.notice()
    assert (notice["type"], notice["key"]) == ("refused", upload["key"])
    digest = hashlib.sha256(upload["key"].encode()).hexdigest()
    found = stack.s3.list_objects_v2(Bucket=UPLOADS, Prefix=f"refused/{digest}/")["Contents"]
    body = stack.s3.get_object(Bucket=UPLOADS, Key=found[0]["Key"])["Body"].read()
    assert json.loads(body)["code"] == notice["code"] == "unsupported"


def test_only_a_good_access_token_gets_in(stack):
    good = stack.token
    forged = good[:-8] + ("AAAAAAAA" if good[-8:] != "AAAAAAAA" else "BBBBBBBB")
    for token in (None, "x", forged, stack.id_token):
        status, _, _ = stack.call("POST", token, {"extension": "jpg"})
        assert status in (401, 403), token


def test_the_preflight_needs_no_token(stack):
    """Straight to the function: the stand-in's gateway answers preflights itself."""
    event = {
        "headers": {"origin": "https://example.com"},
        "requestContext": {"http": {"method": "OPTIONS"}},
    }
    answer = stack.functions.invoke(FunctionName="presign", Payload=json.dumps(event))
    answer = json.loads(answer["Payload"].read())
    assert answer["statusCode"] == 204
    assert answer["headers"]["access-control-allow-origin"] == "https://example.com"


def test_keys_with_blanks_and_letters_of_the_world_are_answered(stack, photo):
    for key in ("avatars/original/a b.jpg", "avatars/original/é+ü.jpg"):
        stack.s3.put_object(Bucket=UPLOADS, Key=key, Body=photo)
        notice = stack.notice()
        assert (notice["type"], notice["key"], notice["code"]) == ("refused", key, "invalid_key")


def test_nothing_reacts_to_its_own_objects(stack):
    """Refusals lie in the bucket that is listened to; nothing comes of them."""
    time.sleep(1)
    assert Inbox.received.empty()


def test_the_zip_has_one_program():
    with zipfile.ZipFile(ROOT / "dist/roundel-process.zip") as zipped:
        assert [(e.filename, oct(e.external_attr >> 16)) for e in zipped.infolist()] == [
            ("bootstrap", "0o755")
        ]
