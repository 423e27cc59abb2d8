"""process as it is deployed: two buckets, a topic with a webhook, and the function between them."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path

from inbox import Inbox
from local_aws import REGION, Aws

ROOT = Path(__file__).parent.parent.parent
ROLE = "arn:aws:iam::000000000000:role/roundel"


def zip_of(name: str) -> Path:
    return ROOT / f"dist/roundel-{name}.zip"


def unzip(name: str, folder: Path) -> Path:
    """The program in the zip that would be deployed."""
    target = folder / name
    target.mkdir()
    with zipfile.ZipFile(zip_of(name)) as zipped:
        assert zipped.namelist() == ["bootstrap"]
        zipped.extract("bootstrap", target)
    (target / "bootstrap").chmod(0o755)
    return target / "bootstrap"


class Deployment:
    """`prefix` keeps the buckets of two deployments apart; `input` is the folder of uploads."""

    def __init__(self, aws: Aws, prefix: str, input: str):
        self.aws, self.input = aws, input
        self.uploads, self.assets = f"{prefix}-uploads", f"{prefix}-assets"
        self.process_name = f"{prefix}-process"
        self.s3, self.sns, self.functions = (aws.client(n) for n in ("s3", "sns", "lambda"))
        for bucket in (self.uploads, self.assets):
            self.s3.create_bucket(Bucket=bucket)
        self.inbox = Inbox()
        self.topic = self.subscribe(f"{prefix}-avatars")
        self.deploy_process()
        self.send_events()

    def subscribe(self, name: str) -> str:
        topic = self.sns.create_topic(Name=name)["TopicArn"]
        self.sns.subscribe(TopicArn=topic, Protocol="http", Endpoint=self.inbox.url)
        self.sns.confirm_subscription(TopicArn=topic, Token=self.inbox.next()["Token"])
        return topic

    def deploy_process(self) -> None:
        self.create_function("process", self.process_name, {
            "DEST_BUCKET_NAME": self.assets, "FOLDER_INPUT": self.input,
            "FOLDER_OUTPUT": "avatars", "PROCESS_WIDTH": "512", "PROCESS_HEIGHT": "512",
            "NOTICE_TOPIC_ARN": self.topic, "AWS_ENDPOINT_URL_S3": self.aws.url,
        })

    def create_function(self, program: str, name: str, environment: dict[str, str]) -> None:
        self.functions.create_function(
            FunctionName=name, Runtime="provided.al2023", Handler="bootstrap", Role=ROLE,
            Code={"ZipFile": zip_of(program).read_bytes()},
            Timeout=60, MemorySize=1769, Environment={"Variables": environment},
        )

    def send_events(self) -> None:
        arn = f"arn:aws:lambda:{REGION}:000000000000:function:{self.process_name}"
        created = {"LambdaFunctionArn": arn, "Events": ["s3:ObjectCreated:*"]}
        self.s3.put_bucket_notification_configuration(
            Bucket=self.uploads,
            NotificationConfiguration={"LambdaFunctionConfigurations": [created]},
        )

    def upload(self, name: str, body: bytes) -> str:
        key = f"{self.input}/{name}"
        self.s3.put_object(Bucket=self.uploads, Key=key, Body=body)
        return key

    def notice(self) -> dict:
        return json.loads(self.inbox.next()["Message"])

    def keys(self, bucket: str) -> list[str]:
        found = self.s3.list_objects_v2(Bucket=bucket).get("Contents", [])
        return [item["Key"] for item in found]

    def asset(self, key: str) -> dict:
        found = self.s3.get_object(Bucket=self.assets, Key=key)
        return {**found, "bytes": found["Body"].read()}

    def refusal(self, sub: str, key_digest: str) -> dict:
        prefix = f"refused/{sub}/"
        found = self.s3.list_objects_v2(Bucket=self.uploads, Prefix=prefix)["Contents"]
        key = next(item["Key"] for item in found if f"-{key_digest}-" in item["Key"])
        body = self.s3.get_object(Bucket=self.uploads, Key=key)["Body"]
        return json.loads(body.read())

    def close(self) -> None:
        self.inbox.close()
