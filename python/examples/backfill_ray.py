"""Every avatar of every photo that a service has, on a Ray cluster: backfill_ray.py FROM TO

FROM and TO are folders, or `s3://bucket/prefix`. For each photo `a/b.jpg` it writes

    TO/a/b.jpg/<version>/<size>.jpg       one file a size; the version is a digest of the avatars
    TO/_records/<sha256 of a/b.jpg>.json  that it was rendered, as which version, or why refused

The record is written last. A photo with a record is done, so the same command goes on where an
earlier run stopped. When a worker dies, Ray runs its batch again: the same photo gives the same
bytes under the same names, so nothing is lost and nothing is there twice.

The other way, without a cluster: let S3 Batch Operations call the Lambda adapter with a manifest
of the bucket's keys. It keeps the list, the retries and the report; one function call a photo
costs more than a core that stays.
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


class Place:
    """A folder on disk or a prefix of a bucket. Cheap to send to a worker."""

    def __init__(self, uri: str) -> None:
        if "://" not in uri:
            uri = os.path.abspath(uri)
        self.files, self.root = pyarrow.fs.FileSystem.from_uri(uri)

    def keys(self, folder: str = "") -> Iterator[str]:
        """Paths of all files within, relative to this place."""
        root = f"{self.root}/{folder}".rstrip("/")
        within = pyarrow.fs.FileSelector(root, recursive=True, allow_not_found=True)
        for info in self.files.get_file_info(within):
            if info.type == pyarrow.fs.FileType.File:
                yield info.path[len(self.root) :].lstrip("/")

    def open(self, key: str) -> Any:
        return self.files.open_input_stream(f"{self.root}/{key}")

    def write(self, key: str, data: bytes) -> None:
        """Whole or not at all. An object store gives that; on disk a rename does."""
        path = f"{self.root}/{key}"
        if self.files.type_name != "local":
            with self.files.open_output_stream(path) as file:
                file.write(data)
            return
        part = f"{path}.{os.getpid()}.part"
        self.files.create_dir(os.path.dirname(path), recursive=True)
        with self.files.open_output_stream(part) as file:
            file.write(data)
        self.files.move(part, path)


def record_key(key: str) -> str:
    return f"{RECORDS}/{hashlib.sha256(key.encode()).hexdigest()}.json"


def render(key: str, source: Place, target: Place, options: roundel.Options) -> Dict[str, Any]:
    """Writes the avatars of one photo; says what to record of it."""
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
    batch: Dict[str, Any], source: Place, target: Place, options: roundel.Options
) -> Dict[str, List[str]]:
    """Runs on a worker. A file that cannot be read or written fails the batch, and Ray says so;
    what the others recorded stays."""
    outcomes = []
    for key in batch["key"]:
        record = {**render(key, source, target, options), "worker": os.getpid()}
        target.write(record_key(key), json.dumps(record).encode())
        outcomes.append(record.get("error", "rendered"))
    return {"outcome": outcomes}


def backfill(arguments: argparse.Namespace) -> Counter[str]:
    source, target = Place(arguments.source), Place(arguments.target)
    done: Set[str] = set(target.keys(RECORDS))
    photos = [key for key in source.keys() if not key.startswith(f"{RECORDS}/")]
    todo = [{"key": key} for key in photos if record_key(key) not in done]
    counts = Counter(done_before=len(photos) - len(todo))
    if not todo:
        return counts
    # A worker is one process on one core: a photo's sizes need no threads of their own.
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
    parser = argparse.ArgumentParser(description="Renders avatars of all photos of a place.")
    parser.add_argument("source", metavar="FROM")
    parser.add_argument("target", metavar="TO")
    parser.add_argument(
        "--sizes",
        type=lambda text: [int(side) for side in text.split(",")],
        default=[512, 256, 128, 64, 32],
    )
    parser.add_argument("--workers", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--batch", type=int, default=64, help="photos for a worker at a time")
    parser.add_argument("--cluster", help="address of a running cluster; none starts one here")
    arguments = parser.parse_args()
    here = {} if arguments.cluster else {"num_cpus": arguments.workers, "include_dashboard": False}
    ray.init(arguments.cluster, log_to_driver=False, **here)
    print(json.dumps(backfill(arguments)))


if __name__ == "__main__":
    main()
