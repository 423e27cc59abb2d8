"""The backfill on Ray renders every photo once, even if a worker is killed."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any, Callable, Dict, List

import pytest

pytest.importorskip("ray.data")

PHOTOS = 160
SIZES = (64, 32)


@pytest.fixture(scope="module")
def photos(tmp_path_factory: pytest.TempPathFactory, jpeg_of: Callable[..., bytes]) -> Path:
    folder = tmp_path_factory.mktemp("photos")
    (folder / "sub").mkdir()
    jpeg = jpeg_of(2400, 1800)
    for number in range(PHOTOS):
        # Bytes after the end of the image make every file different.
        (folder / ("sub" if number % 2 else ".") / f"{number}.jpg").write_bytes(
            jpeg + str(number).encode()
        )
    (folder / "broken.jpg").write_bytes(b"\xff\xd8\xff\xe0 cut")
    return folder


def start(repository: Path, photos: Path, target: Path) -> "subprocess.Popen[str]":
    script = repository / "python" / "examples" / "backfill_ray.py"
    sizes = ",".join(map(str, SIZES))
    arguments = [str(photos), str(target), "--sizes", sizes, "--workers", "2", "--batch", "8"]
    environment = {**os.environ, "RAY_USAGE_STATS_ENABLED": "0", "RAY_DATA_DISABLE_PROGRESS_BARS": "1"}
    return subprocess.Popen(
        [sys.executable, str(script), *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        env=environment,
    )


def records(target: Path) -> List[Dict[str, Any]]:
    return [json.loads(path.read_text()) for path in (target / "_records").glob("*.json")]


def finished(run: "subprocess.Popen[str]") -> Dict[str, int]:
    output, _ = run.communicate(timeout=240)
    assert run.returncode == 0
    counts: Dict[str, int] = json.loads(output.splitlines()[-1])
    return counts


def kill_a_worker(target: Path, run: "subprocess.Popen[str]") -> int:
    """Kills a worker process before all photos are rendered."""
    until = time.monotonic() + 180
    while time.monotonic() < until and run.poll() is None:
        written = records(target)
        if len(written) >= PHOTOS // 8:
            worker: int = written[-1]["worker"]
            os.kill(worker, signal.SIGKILL)
            return worker
        time.sleep(0.01)
    raise AssertionError("the backfill ended before a worker was killed")


def test_a_killed_worker_loses_and_duplicates_no_avatar(repository: Path, photos: Path, tmp_path: Path) -> None:
    run = start(repository, photos, tmp_path)
    killed = kill_a_worker(tmp_path, run)
    before = len(records(tmp_path))
    assert before < PHOTOS, "the worker was killed too late"
    finished(run)

    all_records = records(tmp_path)
    keys = sorted(str(path.relative_to(photos)) for path in photos.rglob("*.jpg"))
    assert sorted(record["key"] for record in all_records) == keys
    assert {record["worker"] for record in all_records} - {killed}
    refused = [record for record in all_records if "error" in record]
    assert [(record["key"], record["error"]) for record in refused] == [("broken.jpg", "malformed")]
    expected = {
        f"{record['key']}/{record['version']}/{size}x{size}.jpg"
        for record in all_records
        if "version" in record
        for size in SIZES
    }
    written = (path for path in tmp_path.rglob("*") if path.is_file())
    found = {str(path.relative_to(tmp_path)) for path in written}
    # A killed worker may leave a temporary file.
    complete = {name for name in found if not name.endswith(".part")}
    assert {name for name in complete if not name.startswith("_records/")} == expected

    # A second run renders only photos without a record.
    (tmp_path / "_records" / os.listdir(tmp_path / "_records")[0]).unlink()
    counts = finished(start(repository, photos, tmp_path))
    assert counts.pop("done_before") == PHOTOS
    assert sum(counts.values()) == 1
