"""Many uploads and removals through the deployed program and an S3 with faults; functions are killed.

Afterwards every user has the newest good avatar, complete, or none if it was removed; nothing from before a removal
is left; and every refusal is on record.
CHAOS_EVENTS sets how many (`make lambda-chaos`: 10,000).
"""

from __future__ import annotations

import concurrent.futures
import hashlib
import json
import os
import queue
import random
import struct
import sys
import threading
import time
from datetime import datetime, timedelta, timezone

from fault_proxy import FaultProxy
from runtime import Function

EVENTS = int(os.environ.get("CHAOS_EVENTS") or 300)
SEED = int(os.environ.get("CHAOS_SEED") or 20_261_123)
USERS = max(10, EVENTS // 50)
FUNCTIONS = 6
UPLOADS, ASSETS = "chaos-uploads", "chaos-assets"


def photo(number: int) -> bytes:
    """A BMP of 8 x 8 pixels of one color, different for each number."""
    color = hashlib.sha256(str(number).encode()).digest()[:3]
    head = struct.pack("<2sIIIIiiHHIIIIII", b"BM", 246, 0, 54, 40, 8, 8, 1, 24, 0, 192, 0, 0, 0, 0)
    return head + color * 64


def upload(s3, chance: random.Random, number: int) -> dict:
    """Puts one upload or removal, and returns it with the event that S3 would send."""
    sub = f"user-{chance.randrange(USERS)}"
    removal = chance.random() < 0.1
    bad = not removal and chance.random() < 0.1
    body = f"no photo {number}".encode() if bad else b"" if removal else photo(number // 3)
    key = f"in/{sub}/{number}.{'remove' if removal else 'bmp'}"
    # Two objects of one millisecond would have no order.
    time.sleep(0.002)
    etag = s3.put_object(Bucket=UPLOADS, Key=key, Body=body)["ETag"].strip('"')
    now = datetime.now(timezone.utc).isoformat(timespec="milliseconds")
    stamp = now.replace("+00:00", "Z")
    event = {
        "eventVersion": "2.1", "eventSource": "aws:s3", "eventName": "ObjectCreated:Put",
        "eventTime": stamp, "userIdentity": {"principalId": "me"},
        "requestParameters": {"sourceIPAddress": "127.0.0.1"},
        "s3": {
            "bucket": {"name": UPLOADS},
            "object": {"key": key, "size": len(body), "eTag": etag, "sequencer": f"{number:018X}"},
        },
    }
    return {
        "sub": sub, "bad": bad, "removal": removal, "key": key, "number": number, "time": stamp,
        "event": {"Records": [event]},
    }


def shuffled(uploads: list[dict], chance: random.Random) -> list[dict]:
    """Out of order by up to 100 places; one in ten is delivered twice."""
    twice = [one for one in uploads if chance.random() < 0.1]
    placed = [(one["number"] + chance.randrange(100), one) for one in uploads]
    placed += [(one["number"] + chance.randrange(300), one) for one in twice]
    return [one for _, one in sorted(placed, key=lambda pair: pair[0])]


class Platform:
    """Delivers every event until it is handled, and sometimes kills a function."""

    def __init__(self, command: list[str], environment: dict[str, str], deliveries: list[dict]):
        self.command, self.environment = command, environment
        self.waiting: queue.Queue = queue.Queue()
        for delivery in deliveries:
            self.waiting.put(delivery)
        self.lock = threading.Lock()
        self.chance = random.Random(SEED + 1)
        self.counts = {"invocations": 0, "failed": 0, "killed": 0}
        self.first_error = ""

    def count(self, name: str) -> None:
        with self.lock:
            self.counts[name] += 1
            if name == "invocations" and self.counts[name] % 1000 == 0:
                left = self.waiting.qsize()
                print(f"chaos: {self.counts}, {left} to go", file=sys.__stderr__, flush=True)

    def kill_delay(self) -> float | None:
        """Seconds after which to kill the function; usually `None`."""
        with self.lock:
            return self.chance.uniform(0, 0.05) if self.chance.random() < 0.02 else None

    def run(self) -> None:
        function = Function(self.command, self.environment)
        try:
            while True:
                try:
                    delivery = self.waiting.get_nowait()
                except queue.Empty:
                    return
                function = self.deliver(function, delivery)
        finally:
            function.close()

    def deliver(self, function: Function, delivery: dict) -> Function:
        self.count("invocations")
        delay = self.kill_delay()
        function.events.put(delivery["event"])
        try:
            ok, answer = function.answers.get(timeout=delay or 120)
        except queue.Empty:
            assert delay, "the function does not answer"
            self.count("killed")
            function.close()
            self.waiting.put(delivery)
            return Function(self.command, self.environment)
        if not ok:
            self.count("failed")
            self.first_error = self.first_error or json.dumps(answer)
            self.waiting.put(delivery)
        return function


def read(s3, bucket: str, key: str) -> dict:
    found = s3.get_object(Bucket=bucket, Key=key)
    return {**found, "bytes": found["Body"].read()}


def refusals(s3) -> set[str]:
    pages = s3.get_paginator("list_objects_v2").paginate(Bucket=UPLOADS, Prefix="refused/")
    keys = [entry["Key"] for page in pages for entry in page.get("Contents", [])]
    return {json.loads(read(s3, UPLOADS, key)["bytes"])["key"] for key in keys}


def keys_of(s3, bucket: str, prefix: str) -> list[str]:
    pages = s3.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix)
    return [entry["Key"] for page in pages for entry in page.get("Contents", [])]


def test_every_user_has_the_newest_good_avatar_and_nothing_that_was_removed(aws, process, capsys):
    s3 = aws.client("s3")
    for bucket in (UPLOADS, ASSETS):
        s3.create_bucket(Bucket=bucket)
    chance = random.Random(SEED)
    uploads = [upload(s3, chance, number) for number in range(1, EVENTS + 1)]
    proxy = FaultProxy(aws.url, SEED)
    environment = {
        "DEST_BUCKET_NAME": ASSETS, "FOLDER_INPUT": "in", "PROCESS_WIDTH": "64",
        "PROCESS_HEIGHT": "64", "AVATAR_SIZES": "32", "AWS_ENDPOINT_URL_S3": proxy.url,
    }
    platform = Platform(
        [str(process)], environment, shuffled(uploads, chance)
    )
    started = time.monotonic()
    with concurrent.futures.ThreadPoolExecutor(FUNCTIONS) as pool:
        for running in [pool.submit(platform.run) for _ in range(FUNCTIONS)]:
            running.result()
    seconds = time.monotonic() - started
    proxy.close()
    with capsys.disabled():
        print(f"\nchaos: {EVENTS} uploads of {USERS} users, seed {SEED}, {seconds:.0f} s: "
              f"{platform.counts}; requests by fault: {dict(proxy.counts)}")
        print(f"chaos: the first failure: {platform.first_error[:300]}")
    assert EVENTS < 300 or platform.counts["killed"] and platform.counts["failed"]
    assert all(proxy.counts[fault] for fault in ("500", "503", "slow", "truncated", "unanswered"))
    check(s3, uploads)


def check(s3, uploads: list[dict]) -> None:
    newest = {one["sub"]: one for one in uploads if not one["bad"]}
    for sub, one in newest.items():
        check_removed(s3, sub, [other for other in uploads if other["sub"] == sub])
        if one["removal"]:
            assert keys_of(s3, ASSETS, f"avatars/{sub}/") == [f"avatars/{sub}/latest.json"], sub
            assert keys_of(s3, ASSETS, f"avatars/{sub}.") == [], sub
            continue
        latest = json.loads(read(s3, ASSETS, f"avatars/{sub}/latest.json")["bytes"])
        assert latest["order"]["key"] == one["key"], sub
        alias = read(s3, ASSETS, f"avatars/{sub}.jpg")
        assert alias["Metadata"]["digest"] == latest["digest"], sub
        folder = f"avatars/{sub}/{latest['digest']}"
        assert read(s3, ASSETS, f"{folder}/64.jpg")["bytes"] == alias["bytes"], sub
        # The folder's name ends with the digest of its files' digests, so no file is truncated.
        files = [read(s3, ASSETS, f"{folder}/{size}.jpg")["bytes"] for size in (64, 32)]
        digests = "".join(hashlib.sha256(file).hexdigest() for file in files)
        assert hashlib.sha256(digests.encode()).hexdigest()[:52] == latest["digest"][12:], sub
    recorded = refusals(s3)
    bad = {one["key"]: one for one in uploads if one["bad"]}
    assert recorded <= bad.keys()
    # A bad upload is skipped, without a refusal, if a newer upload or removal was handled first.
    overtaken = {key for key, one in bad.items() if one["number"] < newest[one["sub"]]["number"]}
    assert bad.keys() - recorded <= overtaken
    assert recorded


def check_removed(s3, sub: str, uploads: list[dict]) -> None:
    """No avatar from before the last removal is left, and no photo that is two seconds older."""
    removals = [one["time"] for one in uploads if one["removal"]]
    if not removals:
        return
    removed = datetime.fromisoformat(removals[-1].replace("Z", "+00:00"))
    for key in keys_of(s3, ASSETS, f"avatars/{sub}/"):
        folder = key.split("/")[2]
        assert folder == "latest.json" or int(folder[:12], 16) > removed.timestamp() * 1000, key
    late = {one["key"] for one in uploads if one["time"] > (removed - timedelta(seconds=2)).isoformat()[:23]}
    assert set(keys_of(s3, UPLOADS, f"in/{sub}/")) <= {key for key in late if not key.endswith(".remove")}
