"""The template as CDK writes it, deployed into a stand-in for AWS, and an avatar through it.

The stand-in takes all of it. Two things are done anew afterwards: its CloudFormation never asks a
webhook to confirm its subscription, and its user pool signs tokens in the name of Amazon's, so the
authorizer has to be told where the keys are.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path

import pytest

INFRA = Path(__file__).parent.parent
ROOT = INFRA.parent.parent.parent
sys.path.insert(0, str(ROOT / "lambda/stack"))

from app import Inbox, open_inbox, sign_in  # noqa: E402
from conftest import REGION, Aws  # noqa: E402
from test_presign import post  # noqa: E402

STACK = "CruddurAvatars"
STAGED = f"cdk-hnb659fds-assets-000000000000-{REGION}"
UPLOADS, ASSETS = "cruddur-uploads", "cruddur-assets"


class Deployment:
    """The stack, and somebody who is signed in."""

    def __init__(self, aws: Aws, folder: Path):
        self.aws = aws
        self.s3 = aws.client("s3")
        self.inbox = open_inbox()
        self.pool, self.client, tokens = sign_in(aws)
        self.token = tokens["AccessToken"]
        self.outputs = self.deploy(self.synthesise(folder))
        self.subscribe_anew()
        self.tell_where_the_keys_are()

    def synthesise(self, folder: Path) -> Path:
        environment = {
            "PATH": os.environ["PATH"],
            "HOME": os.environ.get("HOME", "/"),
            "CDK_OUTDIR": str(folder),
            "CDK_DEFAULT_REGION": REGION,
            "UPLOADS_BUCKET_NAME": UPLOADS,
            "ASSETS_BUCKET_NAME": ASSETS,
            "THUMBING_S3_FOLDER_INPUT": "avatars/original",
            "THUMBING_S3_FOLDER_OUTPUT": "avatars",
            "THUMBING_WEBHOOK_URL": f"http://127.0.0.1:{self.inbox.server_port}/webhooks/avatar",
            "THUMBING_TOPIC_NAME": "cruddur-avatars",
            "USER_POOL_ID": self.pool,
            "CLIENT_ID": self.client,
            "CORS_ORIGINS": "https://example.com",
        }
        command = ["node", "--import", "tsx", "bin/app.ts"]
        subprocess.run(command, cwd=INFRA, env=environment, check=True)
        return folder

    def deploy(self, assembly: Path) -> dict[str, str]:
        self.s3.create_bucket(Bucket=STAGED)
        for archive in assembly.glob("asset.*.zip"):
            self.s3.upload_file(str(archive), STAGED, archive.name.removeprefix("asset."))
        self.aws.client("ssm").put_parameter(
            Name="/cdk-bootstrap/hnb659fds/version", Value="30", Type="String"
        )
        formation = self.aws.client("cloudformation")
        template = (assembly / f"{STACK}.template.json").read_text()
        formation.create_stack(
            StackName=STACK, TemplateBody=template, Capabilities=["CAPABILITY_IAM"]
        )
        for _ in range(600):
            stack = formation.describe_stacks(StackName=STACK)["Stacks"][0]
            if not stack["StackStatus"].endswith("IN_PROGRESS"):
                break
            time.sleep(0.2)
        events = formation.describe_stack_events(StackName=STACK)["StackEvents"]
        failed = [event for event in events if "FAILED" in event["ResourceStatus"]]
        assert stack["StackStatus"] == "CREATE_COMPLETE", failed
        return {output["OutputKey"]: output["OutputValue"] for output in stack["Outputs"]}

    def subscribe_anew(self) -> None:
        topics, topic = self.aws.client("sns"), self.outputs["TopicArn"]
        (silent,) = topics.list_subscriptions_by_topic(TopicArn=topic)["Subscriptions"]
        topics.unsubscribe(SubscriptionArn=silent["SubscriptionArn"])
        topics.subscribe(TopicArn=topic, Protocol="http", Endpoint=silent["Endpoint"])
        token = Inbox.received.get(timeout=60)["Token"]
        topics.confirm_subscription(TopicArn=topic, Token=token)

    def tell_where_the_keys_are(self) -> None:
        functions = self.aws.client("lambda")
        names = [function["FunctionName"] for function in functions.list_functions()["Functions"]]
        (authorizer,) = [name for name in names if "Authorizer" in name]
        configuration = functions.get_function_configuration(FunctionName=authorizer)
        variables = configuration["Environment"]["Variables"]
        variables["JWKS_URL"] = f"{self.aws.url}/{self.pool}/.well-known/jwks.json"
        functions.update_function_configuration(
            FunctionName=authorizer, Environment={"Variables": variables}
        )

    def ask(self, token: str | None) -> tuple[int, dict]:
        headers = {
            "Host": self.outputs["ApiUrl"].removeprefix("http://"),
            "Content-Type": "application/json",
        }
        if token:
            headers["Authorization"] = f"Bearer {token}"
        request = urllib.request.Request(
            f"{self.aws.url}/avatars/key_upload", b'{"extension": "jpg"}', headers, method="POST"
        )
        try:
            response = urllib.request.urlopen(request, timeout=60)
        except urllib.error.HTTPError as error:
            response = error
        return response.status, json.loads(response.read() or b"{}")

    def close(self) -> None:
        self.inbox.shutdown()
        self.inbox.server_close()


@pytest.fixture(scope="module")
def deployment(tmp_path_factory):
    aws = Aws(tmp_path_factory.mktemp("stand-in"))
    try:
        deployment = Deployment(aws, tmp_path_factory.mktemp("assembly"))
        yield deployment
        deployment.close()
    finally:
        aws.close()


def test_an_upload_becomes_avatars_and_both_notices(deployment):
    status, upload = deployment.ask(deployment.token)
    assert status == 200, upload
    photo = (ROOT / "examples/photos/astronaut.jpg").read_bytes()
    assert post(upload, photo) == 204
    messages = [json.loads(Inbox.received.get(timeout=60)["Message"]) for _ in range(2)]
    (notice,) = [message for message in messages if message.get("type") == "avatar"]
    (event,) = [message for message in messages if "Records" in message]
    sub = notice["sub"]
    assert event["Records"][0]["s3"]["object"]["key"] == f"avatars/{sub}/latest.json"
    found = deployment.s3.list_objects_v2(Bucket=ASSETS)["Contents"]
    versions = [f"avatars/{sub}/{notice['digest']}/{side}.jpg" for side, _ in notice["sizes"]]
    expected = {f"avatars/{sub}.jpg", f"avatars/{sub}/latest.json", *versions}
    assert {item["Key"] for item in found} == expected


def test_without_a_token_nobody_uploads(deployment):
    for token in (None, "x", deployment.token[:-8] + "AAAAAAAA"):
        status, _ = deployment.ask(token)
        assert status in (401, 403), token


def test_nothing_is_left_undelivered(deployment):
    queues = deployment.aws.client("sqs")
    urls = queues.list_queues()["QueueUrls"]
    assert len(urls) == 2
    for url in urls:
        assert "Messages" not in queues.receive_message(QueueUrl=url), url
