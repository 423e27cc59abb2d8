"""Delivers what a topic publishes to a webhook, as SNS does: signed, and repeated until it is taken.

The stand-in for AWS signs none of its messages and sends each once. So they go into a queue of it
instead, and this program takes them out: a message leaves the queue only when the webhook has
taken it, or when it has been tried as often as the subscription says and lies with the dead
letters. Whoever ends this program half-way loses nothing.

<https://docs.aws.amazon.com/sns/latest/dg/sns-verify-signature-of-message.html>
"""

from __future__ import annotations

import base64
import datetime
import http.client
import itertools
import json
import sys
import threading
import time
import urllib.error
import urllib.request
import uuid
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import boto3
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding

CERTIFICATE = "/SimpleNotificationService-0.pem"
#: Fields that a signature is of, in its order; those that a message lacks are left out.
SIGNED = ("Message", "MessageId", "Subject", "SubscribeURL", "Timestamp", "Token", "TopicArn", "Type")
SUCCESS = range(200, 300)
#: What the webhook answers so, it will never take: that is not tried again.
REFUSED = set(range(400, 500)) - {429}
#: Seconds until a message is tried again; the last of them again and again.
PAUSES = (1, 1, 2, 4, 8, 15)
#: Longer than a delivery may take, so that nothing is delivered twice at once.
UNSEEN_SECONDS = 20
DELIVERY_SECONDS = 10


class Postman:
    """One topic, one subscriber."""

    def __init__(self, settings: dict):
        self.settings = settings
        self.url = settings["url"]
        folder = Path(settings["certificates"])
        self.certificate = (folder / "leaf.pem").read_bytes()
        key = (folder / "leaf.key").read_bytes()
        self.key = serialization.load_pem_private_key(key, password=None)
        self.queues = boto3.client(
            "sqs", endpoint_url=settings["aws"], region_name=settings["region"],
            aws_access_key_id="test", aws_secret_access_key="test",
        )
        self.token = uuid.uuid4().hex
        self.confirmed = threading.Event()

    def run(self) -> None:
        server = ThreadingHTTPServer(("127.0.0.1", urlsplit(self.url).port), answering(self))
        threading.Thread(target=server.serve_forever, daemon=True).start()
        try:
            self.subscribe()
            while True:
                self.deliver_next()
        finally:
            # Whoever starts over needs the port.
            server.shutdown()
            server.server_close()

    def subscribe(self) -> None:
        """Asks the webhook whether it wants the topic's messages, until it says so."""
        topic = self.settings["topic"]
        query = f"Action=ConfirmSubscription&TopicArn={topic}&Token={self.token}"
        for pause in itertools.chain(PAUSES, itertools.repeat(PAUSES[-1])):
            self.deliver({
                "Type": "SubscriptionConfirmation",
                "MessageId": str(uuid.uuid4()),
                "Token": self.token,
                "TopicArn": topic,
                "Message": f"Whoever visits SubscribeURL gets the messages of {topic}.",
                "SubscribeURL": f"{self.url}/?{query}",
                "Timestamp": now(),
            })
            if self.confirmed.wait(pause):
                return print("the webhook has confirmed its subscription", flush=True)

    def deliver_next(self) -> None:
        found = self.queues.receive_message(
            QueueUrl=self.settings["queue"], WaitTimeSeconds=1, VisibilityTimeout=UNSEEN_SECONDS,
            AttributeNames=["ApproximateReceiveCount"],
        )
        for received in found.get("Messages", []):
            self.attempt(received, int(received["Attributes"]["ApproximateReceiveCount"]))

    def attempt(self, received: dict, attempt: int) -> None:
        queue, receipt = self.settings["queue"], received["ReceiptHandle"]
        message = json.loads(received["Body"])
        status = self.deliver({name: message[name] for name in SIGNED if message.get(name)})
        taken = status in SUCCESS
        if not taken and status not in REFUSED and attempt <= self.settings["retries"]:
            pause = PAUSES[min(attempt, len(PAUSES)) - 1]
            self.queues.change_message_visibility(
                QueueUrl=queue, ReceiptHandle=receipt, VisibilityTimeout=pause
            )
            return
        if not taken:
            dead_letters = self.settings["dead_letters"]
            self.queues.send_message(QueueUrl=dead_letters, MessageBody=received["Body"])
        self.queues.delete_message(QueueUrl=queue, ReceiptHandle=receipt)

    def deliver(self, message: dict) -> int | str:
        """Signs a message and posts it. Gives the status, or why there is none."""
        signed = {
            **message,
            "SignatureVersion": "2",
            "Signature": self.signature(message),
            "SigningCertURL": f"{self.url}{CERTIFICATE}",
        }
        status = post(self.settings["webhook"], message["Type"], signed)
        print(f"{message['Type']} {message['MessageId']}: {status}", flush=True)
        return status

    def signature(self, message: dict) -> str:
        text = "".join(f"{name}\n{message[name]}\n" for name in SIGNED if name in message)
        signature = self.key.sign(text.encode(), padding.PKCS1v15(), hashes.SHA256())
        return base64.b64encode(signature).decode()


def post(url: str, kind: str, message: dict) -> int | str:
    """The webhook's status, or why there is none."""
    headers = {"Content-Type": "text/plain; charset=UTF-8", "x-amz-sns-message-type": kind}
    request = urllib.request.Request(url, json.dumps(message).encode(), headers)
    try:
        with urllib.request.urlopen(request, timeout=DELIVERY_SECONDS) as response:
            return response.status
    except urllib.error.HTTPError as error:
        return error.code
    except (OSError, http.client.HTTPException) as error:
        return str(error)


def now() -> str:
    time_ = datetime.datetime.now(datetime.timezone.utc)
    return time_.strftime("%Y-%m-%dT%H:%M:%S.") + f"{time_.microsecond // 1000:03}Z"


def answering(postman: Postman) -> type[BaseHTTPRequestHandler]:
    """The addresses that a subscriber asks for: the certificate, and where it confirms."""

    class Handler(BaseHTTPRequestHandler):
        def log_message(self, *_: object) -> None:
            pass

        def do_GET(self) -> None:
            url = urlsplit(self.path)
            if url.path == CERTIFICATE:
                return self.answer(200, postman.certificate)
            if parse_qs(url.query).get("Token") == [postman.token]:
                postman.confirmed.set()
                return self.answer(200, b"<ConfirmSubscriptionResponse/>")
            self.answer(404, b"")

        def answer(self, status: int, body: bytes) -> None:
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

    return Handler


def serve(settings: dict) -> None:
    while True:
        try:
            Postman(settings).run()
        except Exception as error:  # The stand-in for AWS is away: whatever it is, it may come back.
            print(f"starting over: {error!r}", flush=True)
            time.sleep(1)


if __name__ == "__main__":
    serve(json.loads(Path(sys.argv[1]).read_text()))
