"""What bin/avatar does: uploads by hand, as an operator may, past the page and its signatures.

UPLOADS_BUCKET_NAME, ASSETS_BUCKET_NAME, THUMBING_S3_FOLDER_INPUT and THUMBING_S3_FOLDER_OUTPUT as in
the stack's own settings; the account is that of the environment, as for `aws` itself.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Iterator
from pathlib import Path

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError


def sub_of(name: str | None) -> str:
    """Whom a name means: one of the demo's people, ada if none is named, or a Cognito id."""
    people = json.loads(os.environ.get("AVATAR_SUBS", "{}"))
    name = name or next(iter(people), None)
    if name is None:
        sys.exit("whose? give the person's Cognito id")
    if people and name not in people and name not in people.values():
        sys.exit(f"{name} is nobody of the demo: {', '.join(people)}")
    return people.get(name, name)


class Buckets:
    """Both buckets, as far as one person is concerned."""

    def __init__(self, whose: str | None):
        names = (
            "UPLOADS_BUCKET_NAME", "THUMBING_S3_FOLDER_INPUT",
            "ASSETS_BUCKET_NAME", "THUMBING_S3_FOLDER_OUTPUT",
        )
        missing = [name for name in names if not os.environ.get(name)]
        if missing:
            sys.exit(f"not set: {', '.join(missing)} (start the demo, or take infra/.env into the shell)")
        sub = sub_of(whose)
        uploads, folder_in, assets, folder_out = (os.environ[name] for name in names)
        self.uploads = (uploads, f"{folder_in.strip('/')}/{sub}")
        self.assets = (assets, f"{folder_out.strip('/')}/{sub}")
        path_style = {"addressing_style": "path"} if os.environ.get("AWS_ENDPOINT_URL") else {}
        self.s3 = boto3.client("s3", config=Config(s3=path_style))

    def upload(self, photo: Path) -> None:
        bucket, stem = self.uploads
        key = stem + photo.suffix.lower()
        self.s3.put_object(Bucket=bucket, Key=key, Body=photo.read_bytes())
        print(f"s3://{bucket}/{key}: process makes avatars of it now")

    def clear(self) -> None:
        places = (self.uploads, self.assets)
        found = [(bucket, key) for bucket, stem in places for key in self.owned(bucket, stem)]
        for bucket, key in found:
            self.s3.delete_object(Bucket=bucket, Key=key)
            print(f"deleted s3://{bucket}/{key}")
        if not found:
            print("there is nothing to delete")

    def owned(self, bucket: str, stem: str) -> Iterator[str]:
        """`<sub>.<ext>` and what lies below `<sub>/`, but nothing of somebody whose id begins alike."""
        pages = self.s3.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=stem)
        for page in pages:
            for item in page.get("Contents", []):
                if item["Key"][len(stem):][:1] in (".", "/"):
                    yield item["Key"]


def main() -> None:
    parser = argparse.ArgumentParser(prog="bin/avatar")
    verbs = parser.add_subparsers(dest="verb", required=True, prog="bin/avatar/")
    upload = verbs.add_parser("upload", help="puts a photo where a person's upload would land")
    upload.add_argument("photo", type=Path)
    clear = verbs.add_parser("clear", help="deletes a person's uploads and avatars")
    for verb in (upload, clear):
        verb.add_argument("whose", nargs="?", help="a Cognito id; in the demo ada, bob or carol")
    arguments = parser.parse_args()
    buckets = Buckets(arguments.whose)
    try:
        if arguments.verb == "upload":
            buckets.upload(arguments.photo)
        else:
            buckets.clear()
    except (OSError, BotoCoreError, ClientError) as error:
        sys.exit(f"bin/avatar/{arguments.verb}: {error}")


if __name__ == "__main__":
    main()
