"""The whole system: started in order, ended in the opposite one."""

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
from .deployment import NAMES, Deployment, synthesise
from .distribution import Distribution
from .user_pool import Pool, three_people
from .child_process import Program

BUILT = ROOT / (os.environ.get("CARGO_TARGET_DIR") or "target")
BACKEND = BUILT / "debug/cruddur-backend"
PAGE = CRUDDUR / "web/dist"
BANNER = CRUDDUR / "web/banner.jpg"

Tell = Callable[[str], None]


class System:
    """Everything that runs. `folder` holds its state and its logs."""

    def __init__(self, folder: Path, port: int, tell: Tell = lambda _: None, **replaced: str):
        """`replaced` are variables of the backend; JWKS_URL counts for the authorizer too."""
        self.folder, self.tell, self.replaced = folder, tell, replaced
        self.url = f"http://127.0.0.1:{port}"
        self.running = ExitStack()
        try:
            self.start()
        except BaseException:
            self.close()
            raise

    def start(self) -> None:
        self.tell("starting the stand-in for AWS")
        # With AUTH, roles and policies of the template count, and every signature is verified.
        self.aws = Aws(self.folder, AUTH="true")
        self.running.callback(self.aws.close)
        self.pool = Pool(self.aws.client("cognito-idp"), three_people())
        self.pool.create()
        self.tell("synthesising the stack and deploying it")
        self.deployment = self.deploy()
        self.distribution = self.open_distribution()
        self.tell("migrating and seeding the database")
        post = self.write_postman_settings()
        self.backend = self.make_backend(post["url"])
        self.command("setup")
        self.command("seed", self.write("people.json", [p.seed() for p in self.pool.people]))
        self.tell("starting the backend, which serves the page, and the postman")
        self.backend.start()
        self.running.callback(self.backend.end)
        self.await_backend()
        self.postman = self.make_postman(self.write("postman.json", post))
        self.postman.start()
        self.running.callback(self.postman.end)
        self.await_subscription()

    def close(self) -> None:
        self.running.close()

    def deploy(self) -> Deployment:
        assembly = self.folder / "assembly"
        synthesise(assembly, {
            **NAMES,
            "THUMBING_WEBHOOK_URL": f"{self.url}/webhooks/avatar",
            "USER_POOL_ID": self.pool.id,
            "CLIENT_ID": self.pool.client,
            # The second is Vite's, for whoever works on the page.
            "CORS_ORIGINS": f"{self.url},http://localhost:5173",
        })
        deployment = Deployment(self.aws, assembly)
        # The stand-in's tokens are signed in the name of Amazon's pool, but with keys of its own.
        deployment.set_variables("Authorizer", JWKS_URL=self.jwks_url())
        return deployment

    def jwks_url(self) -> str:
        return self.replaced.get("JWKS_URL") or self.pool.keys_url(self.aws.url)

    def open_distribution(self) -> Distribution:
        s3, bucket = self.aws.client("s3"), NAMES["ASSETS_BUCKET_NAME"]
        s3.put_object(
            Bucket=bucket, Key="banners/banner.jpg", Body=BANNER.read_bytes(),
            ContentType="image/jpeg", CacheControl="public, max-age=3600",
        )
        policy = self.deployment.resource("AWS::CloudFront::ResponseHeadersPolicy")
        config = policy["ResponseHeadersPolicyConfig"]
        distribution = Distribution(s3, bucket, config, free_port())
        self.running.callback(distribution.close)
        return distribution

    def write_postman_settings(self) -> dict:
        certificates.found(self.folder)
        topics, queues = self.aws.client("sns"), self.aws.client("sqs")
        topic = self.deployment.outputs["TopicArn"]
        (silent,) = topics.list_subscriptions_by_topic(TopicArn=topic)["Subscriptions"]
        wishes = topics.get_subscription_attributes(SubscriptionArn=silent["SubscriptionArn"])
        queue = queues.create_queue(QueueName="postman")["QueueUrl"]
        attributes = queues.get_queue_attributes(QueueUrl=queue, AttributeNames=["QueueArn"])
        arn = attributes["Attributes"]["QueueArn"]
        policy = json.dumps(may_be_sent(arn, topic))
        queues.set_queue_attributes(QueueUrl=queue, Attributes={"Policy": policy})
        topics.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=arn)
        return {
            "url": f"http://127.0.0.1:{free_port()}", "certificates": str(self.folder),
            "aws": self.aws.url, "region": REGION, "topic": topic, "queue": queue,
            **promises(wishes["Attributes"], queues), "webhook": silent["Endpoint"],
        }

    def make_backend(self, postman_url: str) -> Program:
        database = os.environ.get("DATABASE_URL") or f"sqlite://{self.folder}/cruddur.db?mode=rwc"
        return Program("backend", [BACKEND], self.folder, **{
            "BIND": self.url.removeprefix("http://"),
            "DATABASE_URL": database,
            "USER_POOL_ID": self.pool.id,
            "CLIENT_ID": self.pool.client,
            "JWKS_URL": self.jwks_url(),
            "AVATAR_TOPIC_ARN": self.deployment.outputs["TopicArn"],
            "SNS_STAND_IN_URL": postman_url,
            "SNS_STAND_IN_ROOT": str(self.folder / "root.pem"),
            "THUMBING_S3_FOLDER_OUTPUT": NAMES["THUMBING_S3_FOLDER_OUTPUT"],
            "ASSETS_URL": self.distribution.url,
            "WEB_ROOT": str(PAGE),
            "UPLOAD_API_URL": self.deployment.upload_api(),
            "UPLOADS_ORIGIN": self.aws.url,
            "COGNITO_URL": self.aws.url,
            **self.replaced,
        })

    def make_postman(self, settings: str) -> Program:
        command = [sys.executable, "-m", "demo.notification_relay", settings]
        return Program("postman", command, self.folder, PYTHONPATH=str(CRUDDUR))

    def command(self, *arguments: str) -> None:
        """One of the backend's commands on the database."""
        environment = {**os.environ, **self.backend.environment}
        done = subprocess.run(
            [BACKEND, *arguments], env=environment, cwd=self.folder,
            capture_output=True, text=True,
        )
        if done.returncode:
            raise RuntimeError(f"{arguments[0]} failed: {done.stdout}{done.stderr}")

    def await_backend(self) -> None:
        for _ in range(300):
            try:
                return urllib.request.urlopen(f"{self.url}/api/health", timeout=2).close()
            except OSError:
                if not self.backend.alive():
                    break
                time.sleep(0.05)
        raise RuntimeError(f"the backend does not answer: {self.backend.log.read_text()}")

    def await_subscription(self) -> None:
        for _ in range(300):
            if "confirmed" in self.postman.log.read_text():
                return
            time.sleep(0.1)
        raise RuntimeError(f"no subscription: {self.postman.log.read_text()}")

    def write(self, name: str, content: object) -> str:
        path = self.folder / name
        path.write_text(json.dumps(content))
        return str(path)


def may_be_sent(queue: str, topic: str) -> dict:
    """The policy of a queue that a topic may send to."""
    statement = {
        "Effect": "Allow", "Principal": {"Service": "sns.amazonaws.com"},
        "Action": "sqs:SendMessage", "Resource": queue,
        "Condition": {"ArnEquals": {"aws:SourceArn": topic}},
    }
    return {"Version": "2012-10-17", "Statement": [statement]}


def promises(attributes: dict, queues) -> dict:
    """How often a delivery is repeated, and where it then goes: as the template's subscription says."""
    policy = json.loads(attributes["DeliveryPolicy"])["healthyRetryPolicy"]
    arn = json.loads(attributes["RedrivePolicy"])["deadLetterTargetArn"]
    dead_letters = queues.get_queue_url(QueueName=arn.rpartition(":")[2])["QueueUrl"]
    return {"retries": policy["numRetries"], "dead_letters": dead_letters}
