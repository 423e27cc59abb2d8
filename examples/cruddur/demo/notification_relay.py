"""Delivers the messages of a topic to a webhook as SNS does: signed, and with retries.

ministack does not sign its messages and sends each once. So the topic sends them to a queue, and this
program receives them. It deletes a message from the queue only after the webhook has accepted it, or
after the message was moved to the dead-letter queue. So no message is lost if this program is killed.

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
#: The signed fields in order. Fields that a message does not have are left out.
SIGNED_FIELDS = ("Message", "MessageId", "Subject", "SubscribeURL", "Timestamp", "Token", "TopicArn", "Type")
SUCCESS = range(200, 300)
#: SNS does not retry after these statuses.
PERMANENT_FAILURE = set(range(400, 500)) - {429}
#: Seconds between retries. The last delay repeats.
RETRY_DELAYS = (1, 1, 2, 4, 8, 15)
#: Longer than the timeout of a delivery, so that no message is delivered twice at the same time.
VISIBILITY_TIMEOUT = 20
DELIVERY_TIMEOUT = 10


class NotificationRelay:
    """Relays one topic to one subscriber."""

    def __init__(self, settings: dict):
        self.settings = settings
        self.url = settings["url"]
        folder = Path(settings["certificates"])
        self.certificate = (folder / "signing.pem").read_bytes()
        key = (folder / "signing.key").read_bytes()
        self.key = serialization.load_pem_private_key(key, password=None)
        self.queues = boto3.client(
            "sqs", endpoint_url=settings["aws"], region_name=settings["region"],
            aws_access_key_id="test", aws_secret_access_key="test",
        )
        self.token = uuid.uuid4().hex
        self.confirmed = threading.Event()

    def run(self) -> None:
        server = ThreadingHTTPServer(("127.0.0.1", urlsplit(self.url).port), request_handler(self))
        threading.Thread(target=server.serve_forever, daemon=True).start()
        try:
            self.subscribe()
            while True:
                self.deliver_next()
        finally:
            # Free the port for the next attempt.
            server.shutdown()
            server.server_close()

    def subscribe(self) -> None:
        """Sends the subscription confirmation until the webhook confirms it."""
        topic = self.settings["topic"]
        query = f"Action=ConfirmSubscription&TopicArn={topic}&Token={self.token}"
        for delay in itertools.chain(RETRY_DELAYS, itertools.repeat(RETRY_DELAYS[-1])):
            self.deliver({
                "Type": "SubscriptionConfirmation",
                "MessageId": str(uuid.uuid4()),
                "Token": self.token,
                "TopicArn": topic,
                "Message": f"Visit SubscribeURL to receive the messages of {topic}.",
                "SubscribeURL": f"{self.url}/?{query}",
                "Timestamp": now(),
            })
            if self.confirmed.wait(delay):
                return print("the webhook has confirmed its subscription", flush=True)

    def deliver_next(self) -> None:
        found = self.queues.receive_message(
            QueueUrl=self.settings["queue"], WaitTimeSeconds=1, VisibilityTimeout=VISIBILITY_TIMEOUT,
            AttributeNames=["ApproximateReceiveCount"],
        )
        for received in found.get("Messages", []):
            self.attempt(received, int(received["Attributes"]["ApproximateReceiveCount"]))

    def attempt(self, received: dict, attempt: int) -> None:
        queue, receipt = self.settings["queue"], received["ReceiptHandle"]
        message = json.loads(received["Body"])
        status = self.deliver({name: message[name] for name in SIGNED_FIELDS if message.get(name)})
        accepted = status in SUCCESS
        if not accepted and status not in PERMANENT_FAILURE and attempt <= self.settings["retries"]:
            delay = RETRY_DELAYS[min(attempt, len(RETRY_DELAYS)) - 1]
            self.queues.change_message_visibility(
                QueueUrl=queue, ReceiptHandle=receipt, VisibilityTimeout=delay
            )
            return
        if not accepted:
            dead_letters = self.settings["dead_letters"]
            self.queues.send_message(QueueUrl=dead_letters, MessageBody=received["Body"])
        self.queues.delete_message(QueueUrl=queue, ReceiptHandle=receipt)

    def deliver(self, message: dict) -> int | str:
        """Signs and posts a message. Returns the status, or the error if there is no response."""
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
        text = "".join(f"{name}\n{message[name]}\n" for name in SIGNED_FIELDS if name in message)
        signature = self.key.sign(text.encode(), padding.PKCS1v15(), hashes.SHA256())
        return base64.b64encode(signature).decode()


def post(url: str, kind: str, message: dict) -> int | str:
    """Returns the status, or the error if there is no response."""
    headers = {"Content-Type": "text/plain; charset=UTF-8", "x-amz-sns-message-type": kind}
    request = urllib.request.Request(url, json.dumps(message).encode(), headers)
    try:
        with urllib.request.urlopen(request, timeout=DELIVERY_TIMEOUT) as response:
            return response.status
    except urllib.error.HTTPError as error:
        return error.code
    except (OSError, http.client.HTTPException) as error:
        return str(error)


def now() -> str:
    utc = datetime.datetime.now(datetime.timezone.utc)
    return utc.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def request_handler(relay: NotificationRelay) -> type[BaseHTTPRequestHandler]:
    """Serves the signing certificate and the confirmation of the subscription."""

    class Handler(BaseHTTPRequestHandler):
        def log_message(self, *_: object) -> None:
            pass

        def do_GET(self) -> None:
            url = urlsplit(self.path)
            if url.path == CERTIFICATE:
                return self.respond(200, relay.certificate)
            if parse_qs(url.query).get("Token") == [relay.token]:
                relay.confirmed.set()
                return self.respond(200, b"<ConfirmSubscriptionResponse/>")
            self.respond(404, b"")

        def respond(self, status: int, body: bytes) -> None:
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

    return Handler


def serve(settings: dict) -> None:
    while True:
        try:
            NotificationRelay(settings).run()
        except Exception as error:  # ministack may be down. Whatever the error is, try again.
            print(f"restarting after {error!r}", flush=True)
            time.sleep(1)


if __name__ == "__main__":
    serve(json.loads(Path(sys.argv[1]).read_text()))
