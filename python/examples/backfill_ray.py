"""Renders the avatars of all photos of a service on a Ray cluster: backfill_ray.py FROM TO

FROM and TO are folders, or `s3://bucket/prefix`. For each photo `a/b.jpg` the program writes

    TO/a/b.jpg/<version>/<size>.jpg       one file per size; the version is a digest of the avatars
    TO/_records/<sha256 of a/b.jpg>.json  the version, or the error code

The record is written last. A photo with a record is done, so the same command continues an
interrupted run. If a worker dies, Ray runs its batch again. The same photo gives the same bytes
under the same names, so no avatar is lost or duplicated.

Without a cluster, S3 Batch Operations can call the Lambda adapter with a manifest of the keys. It
handles retries and the report, but one function call per photo costs more than a worker.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
from collections import Counter
from functools import partial
from typing import Any, Dict, Iterator, List, Set

import pyarrow.fs
import ray
import ray.data
import roundel

RECORDS = "_records"


class Storage:
    """A folder on disk or a prefix in a bucket. Cheap to send to a worker."""

    def __init__(self, uri: str) -> None:
        if "://" not in uri:
            uri = os.path.abspath(uri)
        self.files, self.root = pyarrow.fs.FileSystem.from_uri(uri)

    def keys(self, folder: str = "") -> Iterator[str]:
        """Paths of all files in `folder`, relative to the root of this storage."""
        root = f"{self.root}/{folder}".rstrip("/")
        selector = pyarrow.fs.FileSelector(root, recursive=True, allow_not_found=True)
        for info in self.files.get_file_info(selector):
            if info.type == pyarrow.fs.FileType.File:
                yield info.path[len(self.root) :].lstrip("/")

    def open(self, key: str) -> Any:
        return self.files.open_input_stream(f"{self.root}/{key}")

    def write(self, key: str, data: bytes) -> None:
        """Writes a file atomically. Object stores do so by themselves; on disk we rename."""
        path = f"{self.root}/{key}"
        if self.files.type_name != "local":
            with self.files.open_output_stream(path) as file:
                file.write(data)
            return
        temporary = f"{path}.{os.getpid()}.part"
        self.files.create_dir(os.path.dirname(path), recursive=True)
        with self.files.open_output_stream(temporary) as file:
            file.write(data)
        self.files.move(temporary, path)


def record_key(key: str) -> str:
    return f"{RECORDS}/{hashlib.sha256(key.encode()).hexdigest()}.json"


def render(key: str, source: Storage, target: Storage, options: roundel.Options) -> Dict[str, Any]:
    """Writes the avatars of one photo and returns its record."""
    try:
        with source.open(key) as photo:
            rendered = roundel.render(photo, **options)
    except roundel.Error as error:
        return {"key": key, "error": error.code, "message": str(error)}
    version = rendered.digest[:16]
    for avatar in rendered.avatars:
        size = "x".join(map(str, avatar.size))
        target.write(f"{key}/{version}/{size}.{avatar.extension}", avatar.bytes)
    return {"key": key, "version": version, "color": rendered.placeholder.color}


def render_batch(
    batch: Dict[str, Any], source: Storage, target: Storage, options: roundel.Options
) -> Dict[str, List[str]]:
    """Runs on a worker. If a file cannot be read or written, the batch fails and Ray reports it.
    Records that were written stay."""
    outcomes = []
    for key in batch["key"]:
        record = {**render(key, source, target, options), "worker": os.getpid()}
        target.write(record_key(key), json.dumps(record).encode())
        outcomes.append(record.get("error", "rendered"))
    return {"outcome": outcomes}


def backfill(arguments: argparse.Namespace) -> Counter[str]:
    source, target = Storage(arguments.source), Storage(arguments.target)
    done: Set[str] = set(target.keys(RECORDS))
    photos = [key for key in source.keys() if not key.startswith(f"{RECORDS}/")]
    todo = [{"key": key} for key in photos if record_key(key) not in done]
    counts = Counter(done_before=len(photos) - len(todo))
    if not todo:
        return counts
    # The workers keep all cores busy, so the sizes of one photo need no threads of their own.
    options: roundel.Options = {"sizes": arguments.sizes, "parallel": False}
    blocks = min(len(todo), max(arguments.workers, -(-len(todo) // arguments.batch)))
    results = ray.data.from_items(todo, override_num_blocks=blocks).map_batches(
        partial(render_batch, source=source, target=target, options=options),
        batch_size=arguments.batch,
        concurrency=arguments.workers,
        max_retries=-1,
    )
    for batch in results.iter_batches(batch_size=None):
        counts.update(batch["outcome"].tolist())
    return counts


def main() -> None:
    parser = argparse.ArgumentParser(description="Renders the avatars of all photos.")
    parser.add_argument("source", metavar="FROM")
    parser.add_argument("target", metavar="TO")
    parser.add_argument(
        "--sizes",
        type=lambda text: [int(side) for side in text.split(",")],
        default=[512, 256, 128, 64, 32],
    )
    parser.add_argument("--workers", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--batch", type=int, default=64, help="photos per batch")
    parser.add_argument("--cluster", help="address of a running cluster; by default a local one is started")
    arguments = parser.parse_args()
    local = {} if arguments.cluster else {"num_cpus": arguments.workers, "include_dashboard": False}
    ray.init(arguments.cluster, log_to_driver=False, **local)
    print(json.dumps(backfill(arguments)))


if __name__ == "__main__":
    main()
