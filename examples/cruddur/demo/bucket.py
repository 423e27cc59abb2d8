"""What bin/avatar does: uploads by hand, as an operator may, past the page and its signatures.

UPLOADS_BUCKET_NAME, ASSETS_BUCKET_NAME, THUMBING_S3_FOLDER_INPUT and THUMBING_S3_FOLDER_OUTPUT as in
the stack's own settings; the account is that of the environment, as for `aws` itself.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Iterator
from pathlib import Path

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError


class Buckets:
    """Both buckets, as far as one person is concerned."""

    def __init__(self, sub: str):
        names = (
            "UPLOADS_BUCKET_NAME", "THUMBING_S3_FOLDER_INPUT",
            "ASSETS_BUCKET_NAME", "THUMBING_S3_FOLDER_OUTPUT",
        )
        missing = [name for name in names if not os.environ.get(name)]
        if missing:
            sys.exit(f"not set: {', '.join(missing)} (start the demo, or take infra/.env into the shell)")
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
        for bucket, stem in (self.uploads, self.assets):
            for key in self.owned(bucket, stem):
                self.s3.delete_object(Bucket=bucket, Key=key)
                print(f"deleted s3://{bucket}/{key}")

    def owned(self, bucket: str, stem: str) -> Iterator[str]:
        """`<sub>.<ext>` and what lies below `<sub>/`, but nothing of somebody whose id begins alike."""
        pages = self.s3.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=stem)
        for page in pages:
            for item in page.get("Contents", []):
                if item["Key"][len(stem):][:1] in (".", "/"):
                    yield item["Key"]


def main() -> None:
    parser = argparse.ArgumentParser(prog="bin/avatar")
    verbs = parser.add_subparsers(dest="verb", required=True)
    upload = verbs.add_parser("upload", help="puts a photo where a person's upload would land")
    upload.add_argument("photo", type=Path)
    clear = verbs.add_parser("clear", help="deletes a person's uploads and avatars")
    for verb in (upload, clear):
        default = os.environ.get("AVATAR_SUB")
        verb.add_argument(
            "sub", nargs="?", default=default, help="the person's Cognito id (demo: ada's)"
        )
    arguments = parser.parse_args()
    if not arguments.sub:
        parser.error("whose? give the person's Cognito id")
    buckets = Buckets(arguments.sub)
    try:
        if arguments.verb == "upload":
            buckets.upload(arguments.photo)
        else:
            buckets.clear()
    except (OSError, BotoCoreError, ClientError) as error:
        sys.exit(f"bin/avatar/{arguments.verb}: {error}")


if __name__ == "__main__":
    main()
