"""Starts the whole system in order, and stops it in reverse order."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path

from local_aws import REGION, Aws, free_port

from . import CRUDDUR, ROOT, certificates
from .child_process import ChildProcess
from .deployment import STACK_SETTINGS, Deployment, synthesize
from .distribution import Distribution
from .user_pool import UserPool, demo_users

TARGET = ROOT / (os.environ.get("CARGO_TARGET_DIR") or "target")
BACKEND = TARGET / "debug/cruddur-backend"
PAGE = CRUDDUR / "web/dist"
BANNER = CRUDDUR / "web/banner.jpg"

Report = Callable[[str], None]


class System:
    """The running system. `folder` holds its state and logs."""

    def __init__(self, folder: Path, port: int, report: Report = lambda _: None, **overrides: str):
        """`overrides` are environment variables of the backend. JWKS_URL applies to the authorizer too."""
        self.folder, self.report, self.overrides = folder, report, overrides
        self.url = f"http://127.0.0.1:{port}"
        self.running = ExitStack()
        try:
            self.start()
        except BaseException:
            self.close()
            raise

    def start(self) -> None:
        self.report("starting ministack")
        # With AUTH, ministack applies roles and policies and verifies every signature.
        self.aws = Aws(self.folder, AUTH="true")
        self.running.callback(self.aws.close)
        self.user_pool = UserPool(self.aws.client("cognito-idp"), demo_users())
        self.user_pool.create()
        self.report("synthesizing and deploying the stack")
        self.deployment = self.deploy()
        self.distribution = self.create_distribution()
        self.report("migrating and seeding the database")
        relay_settings = self.subscribe_relay()
        self.backend = self.create_backend(relay_settings["url"])
        self.command("setup")
        self.command("seed", self.write("users.json", [user.seed() for user in self.user_pool.users]))
        self.report("starting the backend, which serves the page, and the notification relay")
        self.backend.start()
        self.running.callback(self.backend.stop)
        self.wait_for_backend()
        self.relay = self.create_relay(self.write("notification-relay.json", relay_settings))
        self.relay.start()
        self.running.callback(self.relay.stop)
        self.wait_for_subscription()

    def close(self) -> None:
        self.running.close()

    def deploy(self) -> Deployment:
        assembly = self.folder / "assembly"
        synthesize(assembly, {
            **STACK_SETTINGS,
            "THUMBING_WEBHOOK_URL": f"{self.url}/webhooks/avatar",
            "USER_POOL_ID": self.user_pool.id,
            "CLIENT_ID": self.user_pool.client,
            # The second origin is the development server of Vite.
            "CORS_ORIGINS": f"{self.url},http://localhost:5173",
        })
        deployment = Deployment(self.aws, assembly)
        # The tokens of ministack name the issuer of AWS, but are signed with keys of ministack.
        deployment.set_environment("Authorizer", JWKS_URL=self.jwks_url())
        return deployment

    def jwks_url(self) -> str:
        return self.overrides.get("JWKS_URL") or self.user_pool.jwks_url(self.aws.url)

    def create_distribution(self) -> Distribution:
        s3, bucket = self.aws.client("s3"), STACK_SETTINGS["ASSETS_BUCKET_NAME"]
        s3.put_object(
            Bucket=bucket, Key="banners/banner.jpg", Body=BANNER.read_bytes(),
            ContentType="image/jpeg", CacheControl="public, max-age=3600",
        )
        policy = self.deployment.resource("AWS::CloudFront::ResponseHeadersPolicy")
        caching = self.deployment.resource("AWS::CloudFront::CachePolicy")["CachePolicyConfig"]
        config = policy["ResponseHeadersPolicyConfig"]
        distribution = Distribution(s3, bucket, config, caching, self.aws.url, free_port())
        self.running.callback(distribution.close)
        # process sends its invalidations here.
        self.deployment.set_environment("Process", AWS_ENDPOINT_URL_CLOUDFRONT=distribution.url)
        return distribution

    def subscribe_relay(self) -> dict:
        certificates.write_certificates(self.folder)
        topics, queues = self.aws.client("sns"), self.aws.client("sqs")
        topic = self.deployment.outputs["TopicArn"]
        (subscription,) = topics.list_subscriptions_by_topic(TopicArn=topic)["Subscriptions"]
        attributes = topics.get_subscription_attributes(SubscriptionArn=subscription["SubscriptionArn"])
        queue = queues.create_queue(QueueName="notification-relay")["QueueUrl"]
        queue_attributes = queues.get_queue_attributes(QueueUrl=queue, AttributeNames=["QueueArn"])
        arn = queue_attributes["Attributes"]["QueueArn"]
        policy = json.dumps(queue_policy(arn, topic))
        queues.set_queue_attributes(QueueUrl=queue, Attributes={"Policy": policy})
        topics.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=arn)
        return {
            "url": f"http://127.0.0.1:{free_port()}", "certificates": str(self.folder),
            "aws": self.aws.url, "region": REGION, "topic": topic, "queue": queue,
            **delivery_settings(attributes["Attributes"], queues), "webhook": subscription["Endpoint"],
        }

    def create_backend(self, relay_url: str) -> ChildProcess:
        database = os.environ.get("DATABASE_URL") or f"sqlite://{self.folder}/cruddur.db?mode=rwc"
        return ChildProcess("backend", [BACKEND], self.folder, **{
            "BIND": self.url.removeprefix("http://"),
            "DATABASE_URL": database,
            "USER_POOL_ID": self.user_pool.id,
            "CLIENT_ID": self.user_pool.client,
            "JWKS_URL": self.jwks_url(),
            # There is no proxy in front of the backend.
            "CLIENT_ADDRESS": "peer",
            "AVATAR_TOPIC_ARN": self.deployment.outputs["TopicArn"],
            "SNS_EMULATOR_URL": relay_url,
            "SNS_EMULATOR_ROOT_CERTIFICATE": str(self.folder / "root.pem"),
            "THUMBING_S3_FOLDER_OUTPUT": STACK_SETTINGS["THUMBING_S3_FOLDER_OUTPUT"],
            "ASSETS_URL": self.distribution.url,
            "WEB_ROOT": str(PAGE),
            "UPLOAD_API_URL": self.deployment.upload_api(),
            "UPLOADS_ORIGIN": self.aws.url,
            "COGNITO_URL": self.aws.url,
            **self.overrides,
        })

    def create_relay(self, settings: str) -> ChildProcess:
        command = [sys.executable, "-m", "demo.notification_relay", settings]
        return ChildProcess("notification-relay", command, self.folder, PYTHONPATH=str(CRUDDUR))

    def command(self, *arguments: str) -> None:
        """Runs a command of the backend on the database."""
        environment = {**os.environ, **self.backend.environment}
        done = subprocess.run(
            [BACKEND, *arguments], env=environment, cwd=self.folder,
            capture_output=True, text=True,
        )
        if done.returncode:
            raise RuntimeError(f"{arguments[0]} failed: {done.stdout}{done.stderr}")

    def wait_for_backend(self) -> None:
        for _ in range(300):
            try:
                return urllib.request.urlopen(f"{self.url}/api/health", timeout=2).close()
            except OSError:
                if not self.backend.is_running():
                    break
                time.sleep(0.05)
        raise RuntimeError(f"the backend does not respond: {self.backend.log.read_text()}")

    def wait_for_subscription(self) -> None:
        for _ in range(300):
            if "confirmed" in self.relay.log.read_text():
                return
            time.sleep(0.1)
        raise RuntimeError(f"the subscription was not confirmed: {self.relay.log.read_text()}")

    def write(self, name: str, content: object) -> str:
        path = self.folder / name
        path.write_text(json.dumps(content))
        return str(path)


def queue_policy(queue: str, topic: str) -> dict:
    """A policy that allows the topic to send to the queue."""
    statement = {
        "Effect": "Allow", "Principal": {"Service": "sns.amazonaws.com"},
        "Action": "sqs:SendMessage", "Resource": queue,
        "Condition": {"ArnEquals": {"aws:SourceArn": topic}},
    }
    return {"Version": "2012-10-17", "Statement": [statement]}


def delivery_settings(attributes: dict, queues) -> dict:
    """The number of retries and the dead-letter queue of the subscription in the template."""
    policy = json.loads(attributes["DeliveryPolicy"])["healthyRetryPolicy"]
    arn = json.loads(attributes["RedrivePolicy"])["deadLetterTargetArn"]
    dead_letters = queues.get_queue_url(QueueName=arn.rpartition(":")[2])["QueueUrl"]
    return {"retries": policy["numRetries"], "dead_letters": dead_letters}
