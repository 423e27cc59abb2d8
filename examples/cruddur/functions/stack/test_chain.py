"""The whole chain as deployed: token, authorizer, presign, upload, process, notice."""

from __future__ import annotations

import base64
import hashlib
import json
import time
import urllib.error
import urllib.request

import pytest
from cognito import sign_in
from deployment import Deployment
from local_aws import REGION, Aws
from upload import post, put


class Chain(Deployment):
    """process, with presign and authorizer behind an HTTP API."""

    def __init__(self, aws: Aws):
        super().__init__(aws, "chain", "avatars/original")
        self.pool, self.client, tokens = sign_in(aws)
        self.token, self.id_token = tokens["AccessToken"], tokens["IdToken"]
        self.deploy()
        self.api = self.open_api()

    def deploy(self) -> None:
        self.create_function("presign", "presign", {
            "UPLOADS_BUCKET_NAME": self.uploads, "FOLDER_INPUT": self.input,
            "CORS_ORIGINS": "https://example.com", "AWS_ENDPOINT_URL_S3": self.aws.url,
        })
        jwks = f"{self.aws.url}/{self.pool}/.well-known/jwks.json"
        self.create_function("authorizer", "authorizer", {
            "USER_POOL_ID": self.pool, "CLIENT_ID": self.client, "JWKS_URL": jwks,
        })

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
        for route in ("POST /avatars/key_upload", "DELETE /avatars"):
            http.create_route(
                ApiId=api, RouteKey=route, Target=f"integrations/{integration}",
                AuthorizationType="CUSTOM", AuthorizerId=authorizer,
            )
        http.create_route(
            ApiId=api, RouteKey="OPTIONS /{proxy+}", Target=f"integrations/{integration}"
        )
        http.create_stage(ApiId=api, StageName="$default", AutoDeploy=True)
        return api

    def call(
        self, method: str, token: str | None, body: object = None, path: str = "/avatars/key_upload"
    ) -> tuple[int, dict, dict]:
        url = f"{self.aws.url}{path}"
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


@pytest.fixture(scope="module")
def chain(aws):
    chain = Chain(aws)
    yield chain
    chain.close()


def claims(token: str) -> dict:
    part = token.split(".")[1]
    return json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))


def test_an_upload_becomes_avatars_and_a_notice(chain, photo):
    status, headers, upload = chain.call("POST", chain.token, {"extension": "jpg"})
    assert status == 200, upload
    assert {k.lower(): v for k, v in headers.items()}["access-control-allow-origin"] == (
        "https://example.com"
    )
    sub = claims(chain.token)["sub"]
    assert upload["key"].startswith(f"avatars/original/{sub}/")
    assert post(upload, photo) == 204
    notice = chain.notice()
    assert (notice["type"], notice["sub"]) == ("avatar", sub)
    assert notice["sizes"] == [[512, 512], [256, 256], [128, 128], [64, 64], [32, 32]]
    alias = chain.asset(f"avatars/{sub}.jpg")
    assert alias["Metadata"]["digest"] == notice["digest"]
    folder = f"avatars/{sub}/{notice['digest']}"
    versions = [chain.asset(f"{folder}/{side}.jpg") for side, _ in notice["sizes"]]
    assert versions[0]["bytes"] == alias["bytes"]
    assert all(v["CacheControl"].endswith("immutable") for v in versions)
    assert all(b"Exif" not in version["bytes"] for version in versions)


def test_a_pinned_upload_replaces_the_avatar(chain, photo):
    # The avatar of an avatar has another digest, because it is encoded again.
    other = chain.s3.get_object(Bucket=chain.assets, Key=f"avatars/{claims(chain.token)['sub']}.jpg")
    body = other["Body"].read()
    digest = base64.b64encode(hashlib.sha256(body).digest()).decode()
    request = {"extension": "jpg", "content_length": len(body), "checksum_sha256": digest}
    status, _, upload = chain.call("POST", chain.token, request)
    assert status == 200 and put(upload, body) == 200
    notice = chain.notice()
    assert notice["order"]["key"] == upload["key"]
    assert notice["digest"] != other["Metadata"]["digest"]


def test_a_form_is_one_upload(chain, photo):
    _, _, upload = chain.call("POST", chain.token, {"extension": "jpg"})
    assert post(upload, photo) == 204
    first = chain.notice()
    # The store accepts the form again: only process can refuse the second photo.
    other = chain.asset(f"avatars/{first['sub']}/{first['digest']}/256.jpg")["bytes"]
    for again in (other, photo, b"no photo"):
        assert post(upload, again) == 204
    time.sleep(1)
    assert chain.inbox.is_empty()
    latest = chain.asset(f"avatars/{first['sub']}/latest.json")
    assert json.loads(latest["bytes"])["digest"] == first["digest"]


def test_only_a_good_access_token_gets_in(chain):
    good = chain.token
    forged = good[:-8] + ("AAAAAAAA" if good[-8:] != "AAAAAAAA" else "BBBBBBBB")
    for token in (None, "x", forged, chain.id_token):
        status, _, _ = chain.call("POST", token, {"extension": "jpg"})
        assert status in (401, 403), token
        status, _, _ = chain.call("DELETE", token, path="/avatars")
        assert status in (401, 403), token


def test_a_removal_deletes_avatars_photos_and_refusals(chain, photo):
    sub = claims(chain.token)["sub"]
    for body, kind in ((photo, "avatar"), (b"no photo", "refused")):
        _, _, upload = chain.call("POST", chain.token, {"extension": "jpg"})
        assert post(upload, body) == 204
        assert chain.notice()["type"] == kind
    # A listing has times in seconds.
    time.sleep(1.1)
    status, _, removal = chain.call("DELETE", chain.token, path="/avatars")
    assert status == 202 and removal["key"].startswith(f"avatars/original/{sub}/")
    notice = chain.notice()
    assert (notice["type"], notice["sub"], notice["order"]["key"]) == ("removed", sub, removal["key"])
    uploads = [key for key in chain.keys(chain.uploads) if not key.startswith("permits/")]
    keys = chain.keys(chain.assets), uploads
    # The request itself is deleted after the notice.
    assert keys[0] == [f"avatars/{sub}/latest.json"] and set(keys[1]) <= {removal["key"]}
    record = chain.s3.get_object_tagging(Bucket=chain.assets, Key=keys[0][0])
    assert record["TagSet"] == [{"Key": "expiry", "Value": "removed"}]


def test_the_authorizer_fails_and_does_not_refuse_while_the_keys_are_unavailable(chain):
    """Calls the function: its errors ring an alarm, and the API answers 500."""
    chain.create_function("authorizer", "outage", {
        "USER_POOL_ID": chain.pool, "CLIENT_ID": chain.client,
        # No server listens there.
        "JWKS_URL": "http://127.0.0.1:9/jwks.json",
    })
    event = {
        "version": "2.0", "type": "REQUEST", "identitySource": [f"Bearer {chain.token}"],
        "requestContext": {"http": {"method": "POST", "path": "/avatars/key_upload"}},
    }
    for function, fails in (("outage", True), ("authorizer", False)):
        answer = chain.functions.invoke(FunctionName=function, Payload=json.dumps(event))
        result = json.loads(answer["Payload"].read())
        assert ("FunctionError" in answer) == fails, result
        assert result.get("isAuthorized") == (None if fails else True)


def test_the_preflight_needs_no_token(chain):
    """Calls the function, because ministack's gateway answers preflights itself."""
    event = {
        "headers": {"origin": "https://example.com"},
        "requestContext": {"http": {"method": "OPTIONS"}},
    }
    answer = chain.functions.invoke(FunctionName="presign", Payload=json.dumps(event))
    answer = json.loads(answer["Payload"].read())
    assert answer["statusCode"] == 204
    assert answer["headers"]["access-control-allow-origin"] == "https://example.com"
