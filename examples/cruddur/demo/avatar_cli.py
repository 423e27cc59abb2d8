"""The commands bin/avatar/upload, remove, erase, clear and redrive, which access AWS directly, without the page.

The settings of the stack name the buckets and folders: UPLOADS_BUCKET_NAME, ASSETS_BUCKET_NAME,
THUMBING_S3_FOLDER_INPUT and THUMBING_S3_FOLDER_OUTPUT; erase also needs DEAD_LETTERS_URL, and UNDELIVERED_URL if the
stack has it. redrive needs DEAD_LETTERS_URL and PROCESS_FUNCTION_NAME only.
Credentials are found as by the AWS CLI.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import time
import uuid
from collections.abc import Iterator
from pathlib import Path

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError


#: Seconds until a removal must be complete.
REMOVAL_TIMEOUT = 120
#: Seconds until a queue must be read.
READ_TIMEOUT = 120
#: Seconds during which a received message is hidden: longer than reading a queue takes.
HIDDEN = READ_TIMEOUT + 30
#: Seconds that process may take for one event, and some more.
INVOCATION_TIMEOUT = 70
#: Seconds that a request waits for a message. Only a request that waits searches all servers of SQS.
WAIT = 5


def sub_of(name: str | None) -> str:
    """The Cognito id of a user of the demo (by default the first), or `name` itself if it is a Cognito id."""
    subs = json.loads(os.environ.get("AVATAR_SUBS", "{}"))
    name = name or next(iter(subs), None)
    if name is None:
        sys.exit("name a user: give the Cognito id")
    if subs and name not in subs and name not in subs.values():
        sys.exit(f"{name} is not a user of the demo: {', '.join(subs)}")
    return subs.get(name, name)


class UserObjects:
    """The objects of one user in both buckets."""

    def __init__(self, user: str | None):
        names = (
            "UPLOADS_BUCKET_NAME", "THUMBING_S3_FOLDER_INPUT",
            "ASSETS_BUCKET_NAME", "THUMBING_S3_FOLDER_OUTPUT",
        )
        missing = [name for name in names if not os.environ.get(name)]
        if missing:
            sys.exit(f"not set: {', '.join(missing)} (start the demo, or load infra/.env into the shell)")
        self.sub = sub = sub_of(user)
        uploads, folder_in, assets, folder_out = (os.environ[name] for name in names)
        self.uploads = (uploads, f"{folder_in.strip('/')}/{sub}")
        self.assets = (assets, f"{folder_out.strip('/')}/{sub}")
        path_style = {"addressing_style": "path"} if os.environ.get("AWS_ENDPOINT_URL") else {}
        self.s3 = boto3.client("s3", config=Config(s3=path_style))

    def upload(self, photo: Path) -> None:
        bucket, stem = self.uploads
        key = stem + photo.suffix.lower()
        self.s3.put_object(Bucket=bucket, Key=key, Body=photo.read_bytes())
        print(f"s3://{bucket}/{key}: process now renders its avatars")

    def remove(self) -> None:
        """Asks process to remove everything of the user, as the page does, and waits until it has."""
        bucket, stem = self.uploads
        key = f"{stem}/{uuid.uuid4().hex}.remove"
        self.s3.put_object(Bucket=bucket, Key=key)
        until = time.monotonic() + REMOVAL_TIMEOUT
        while list(self.owned(bucket, key)):
            if time.monotonic() > until:
                sys.exit(f"process has not removed the avatar yet: see its log and dead letters for {key}")
            time.sleep(0.2)
        print(f"removed: everything that {self.sub} has uploaded before is deleted")

    def erase(self) -> None:
        """Removes everything of the user, then deletes the dead letters about them."""
        queues = dead_letter_queues()
        self.remove()
        sqs = boto3.client("sqs", region_name=os.environ.get("AWS_REGION"))
        for queue in queues:
            print(f"deleted {delete_messages(sqs, queue, self.sub)} messages of {queue}")

    def clear(self) -> None:
        places = (self.uploads, self.assets)
        found = [(bucket, key) for bucket, stem in places for key in self.owned(bucket, stem)]
        for bucket, key in found:
            self.s3.delete_object(Bucket=bucket, Key=key)
            print(f"deleted s3://{bucket}/{key}")
        if not found:
            print("nothing to delete")

    def owned(self, bucket: str, stem: str) -> Iterator[str]:
        """The keys `<sub>.<ext>` and `<sub>/...`, but not those of a user whose id starts with `<sub>`."""
        pages = self.s3.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=stem)
        for page in pages:
            for item in page.get("Contents", []):
                if item["Key"][len(stem):][:1] in ("", ".", "/"):
                    yield item["Key"]


def dead_letter_queues() -> list[str]:
    """The queue of the functions, and that of the webhook if there is one."""
    queues = [os.environ.get(name) for name in ("DEAD_LETTERS_URL", "UNDELIVERED_URL")]
    if not queues[0]:
        sys.exit("not set: DEAD_LETTERS_URL (the output DeadLettersUrl of the stack)")
    return [queue for queue in queues if queue]


def receive(sqs, queue: str) -> list[dict]:
    received = sqs.receive_message(
        QueueUrl=queue, MaxNumberOfMessages=10, VisibilityTimeout=HIDDEN, WaitTimeSeconds=WAIT,
    )
    return received.get("Messages", [])


def delete_messages(sqs, queue: str, sub: str) -> int:
    """Deletes the messages that contain the id of the user. The others stay, and are visible again after HIDDEN."""
    deleted, until = 0, time.monotonic() + READ_TIMEOUT
    while found := receive(sqs, queue):
        if time.monotonic() > until:
            sys.exit(f"{queue} has more messages than can be read in {READ_TIMEOUT} s: deliver or delete them first")
        for message in found:
            if sub in message["Body"]:
                sqs.delete_message(QueueUrl=queue, ReceiptHandle=message["ReceiptHandle"])
                deleted += 1
    return deleted


def redrive() -> None:
    """Delivers each dead letter to process again. Deletes those that it handles, and keeps the others."""
    queue, function = (os.environ.get(name) for name in ("DEAD_LETTERS_URL", "PROCESS_FUNCTION_NAME"))
    if not queue or not function:
        sys.exit("not set: DEAD_LETTERS_URL, PROCESS_FUNCTION_NAME (outputs of the stack)")
    region = os.environ.get("AWS_REGION")
    # Longer than the function may take, and without a second invocation of an event that takes long.
    waits = Config(read_timeout=INVOCATION_TIMEOUT, retries={"max_attempts": 0})
    sqs = boto3.client("sqs", region_name=region)
    functions = boto3.client("lambda", region_name=region, config=waits)
    handled, failures = redrive_messages(sqs, functions, queue, function)
    print(f"process has handled {handled} dead letters")
    if failures:
        sys.exit(f"{len(failures)} failed again and stay in the queue; the first: {failures[0]}")


def redrive_messages(sqs, functions, queue: str, function: str) -> tuple[int, list[str]]:
    """The number of handled messages, and why the others failed. A message is received once: it is hidden until the
    end of this run."""
    handled, failures, until = 0, [], time.monotonic() + READ_TIMEOUT
    while time.monotonic() < until and (found := receive(sqs, queue)):
        for message in found:
            if failure := invoke(functions, function, message["Body"]):
                failures.append(failure)
                continue
            # Only now: if this program is killed, the event is handled again, which is harmless.
            sqs.delete_message(QueueUrl=queue, ReceiptHandle=message["ReceiptHandle"])
            handled += 1
    return handled, failures


def invoke(functions, function: str, message: str) -> str | None:
    """Why process failed, if it did. The message is the event; ministack puts it into an envelope, like the
    destinations of Lambda."""
    event = json.loads(message)
    event = event.get("requestPayload", event)
    answer = functions.invoke(FunctionName=function, Payload=json.dumps(event).encode())
    text = answer["Payload"].read().decode()
    return text if "FunctionError" in answer else None


def main() -> None:
    parser = argparse.ArgumentParser(prog="bin/avatar")
    verbs = parser.add_subparsers(dest="verb", required=True, prog="bin/avatar/")
    upload = verbs.add_parser("upload", help="puts a photo into the uploads bucket of a user")
    upload.add_argument("photo", type=Path)
    clear = verbs.add_parser("clear", help="deletes the uploads and avatars of a user, and nothing else")
    remove = verbs.add_parser("remove", help="takes the avatar of a user down, everywhere")
    erase = verbs.add_parser("erase", help="removes, and deletes the dead letters about the user")
    verbs.add_parser("redrive", help="delivers the dead letters of process again")
    for verb in (upload, clear):
        verb.add_argument("user", nargs="?", help="a Cognito id; in the demo also ada (default), bob or carol")
    for verb in (remove, erase):
        verb.add_argument("user", help="a Cognito id; in the demo also ada, bob or carol")
    arguments = parser.parse_args()
    try:
        if arguments.verb == "redrive":
            return redrive()
        objects = UserObjects(arguments.user)
        if arguments.verb == "upload":
            objects.upload(arguments.photo)
        else:
            getattr(objects, arguments.verb)()
    except (OSError, BotoCoreError, ClientError) as error:
        sys.exit(f"bin/avatar/{arguments.verb}: {error}")


if __name__ == "__main__":
    main()
