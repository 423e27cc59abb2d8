"""Time and memory of process, and of the original with Node and sharp, through the runtime API.

measure.py PROCESS.zip NODE_FOLDER PHOTO...

NODE_FOLDER can be `-`: then only process is measured. The function runs on one core, the runtime API
and S3 of this script on the others. Each photo is timed in new processes (from the start to the
first response) and in a warm one. Memory is the peak of a new process that has handled the photo
once, minus its resident memory before.
"""

from __future__ import annotations

import hashlib
import json
import math
import os
import statistics
import sys
import tempfile
import threading
import time
import zipfile
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from runtime import Function

COLD, WARM = 7, 15
#: A function of this memory has one core. US dollars for a gigabyte-second and for a request on x86 in
#: us-east-1, as AWS lists them.
MEGABYTES, SECOND, REQUEST = 1769, 0.0000166667, 0.0000002
#: The cores that this process may use.
MEASURED, *OTHERS = sorted(os.sched_getaffinity(0))


class Store(BaseHTTPRequestHandler):
    """The requests of S3 that a function makes, in memory."""

    protocol_version = "HTTP/1.1"
    wbufsize = -1
    disable_nagle_algorithm = True
    #: Content and entity tag by path.
    objects: dict[str, tuple[bytes, str]] = {}

    def log_message(self, *_: object) -> None:
        pass

    def do_GET(self) -> None:
        path = self.path.split("?")[0]
        found = self.objects.get(path)
        self.answer(200 if found else 404, *(found or (b"", "")))

    do_HEAD = do_GET

    def do_PUT(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        etag = hashlib.md5(body).hexdigest()
        self.objects[self.path.split("?")[0]] = (body, etag)
        self.answer(200, b"", etag)

    def answer(self, status: int, body: bytes, etag: str) -> None:
        self.send_response_only(status)
        self.send_header("Content-Length", str(len(body)))
        self.send_header("ETag", f'"{etag}"')
        self.send_header("Last-Modified", "Thu, 01 Jan 2026 00:00:00 GMT")
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)
        self.wfile.flush()


class Bench:
    def __init__(self, command: list[str], photo: bytes):
        self.photo, self.etag = photo, hashlib.md5(photo).hexdigest()
        Store.objects.clear()
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Store)
        # A killed function leaves its connections open.
        self.server.handle_error = lambda *_: None
        self.server.daemon_threads = True
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        self.command = ["taskset", "-c", str(MEASURED), *command]
        self.log = Path(tempfile.mkstemp(prefix="roundel-bench-")[1])
        self.number = 0

    def start(self) -> Function:
        url = f"http://127.0.0.1:{self.server.server_port}"
        environment = {
            "DEST_BUCKET_NAME": "assets", "FOLDER_INPUT": "in", "FOLDER_OUTPUT": "avatars",
            "PROCESS_WIDTH": "512", "PROCESS_HEIGHT": "512", "AWS_ENDPOINT_URL_S3": url,
        }
        return Function(self.command, environment, self.log)

    def event(self) -> dict:
        """An upload of a new user, so that no step can be skipped."""
        self.number += 1
        key = f"in/user-{self.number}.jpg"
        Store.objects[f"/uploads/{key}"] = (self.photo, self.etag)
        uploaded = {"key": key, "size": len(self.photo), "sequencer": "00", "eTag": self.etag}
        return {"Records": [{
            "eventVersion": "2.1", "eventSource": "aws:s3", "eventName": "ObjectCreated:Put",
            "eventTime": "2026-01-01T00:00:00.000Z", "userIdentity": {"principalId": "me"},
            "requestParameters": {"sourceIPAddress": "127.0.0.1"},
            "s3": {"bucket": {"name": "uploads"}, "object": uploaded},
        }]}

    def invoke(self, function: Function) -> float:
        event = self.event()
        begun = time.perf_counter()
        ok, answer = function.invoke(event)
        assert ok, answer
        return (time.perf_counter() - begun) * 1e3

    def cold(self) -> tuple[float, float]:
        """Milliseconds from the start until the process is ready, and until its first response."""
        function = self.start()
        function.idle.wait(60)
        ready = (time.perf_counter() - function.started) * 1e3
        first = self.invoke(function)
        function.close()
        return ready, ready + first

    def warm(self) -> tuple[list[float], list[float]]:
        """Milliseconds of uploads in a warm process, and of their renders if the log has them."""
        function = self.start()
        self.invoke(function)
        self.log.write_bytes(b"")
        times = [self.invoke(function) for _ in range(WARM)]
        function.close()
        lines = [json.loads(line) for line in self.log.read_text().splitlines() if line]
        renders = [line["RenderMilliseconds"] for line in lines if "RenderMilliseconds" in line]
        return times, renders

    def memory(self) -> tuple[float, float]:
        """Resident MB before the first upload, and the additional peak during it."""
        function = self.start()
        function.idle.wait(60)
        time.sleep(0.3)
        idle = function.memory()
        self.invoke(function)
        peak = function.peak_memory()
        function.close()
        return idle / 1e6, (peak - idle) / 1e6

    def processor_time(self) -> tuple[float, float, float]:
        """Processor milliseconds until ready, until the first response, and of a warm upload."""
        function = self.start()
        function.idle.wait(60)
        ready = function.processor_time()
        self.invoke(function)
        first = function.processor_time()
        for _ in range(3):
            self.invoke(function)
        warm = (function.processor_time() - first) / 3
        function.close()
        return ready, first, warm


def measure(name: str, command: list[str], path: Path) -> None:
    bench = Bench(command, path.read_bytes())
    ready, first = zip(*[bench.cold() for _ in range(COLD)])
    warm, render = bench.warm()
    idle, over = bench.memory()
    processor = list(zip(*[bench.processor_time() for _ in range(COLD)]))
    columns = [text(times) for times in (ready, first, warm, render, *processor)]
    cost = million(statistics.median(processor[2]))
    cells = [path.name, name, *columns, f"{idle:.1f}", f"{over:.1f}", f"{cost:.2f}"]
    print(f"| {' | '.join(cells)} |", flush=True)


def million(milliseconds: float) -> float:
    """US dollars for a million warm uploads that take so long on one core. AWS bills whole milliseconds."""
    billed = math.ceil(milliseconds) / 1e3
    return 1e6 * (billed * MEGABYTES / 1024 * SECOND + REQUEST)


def text(times: tuple[float, ...] | list[float]) -> str:
    """The median and the minimum; the minimum is better when the machine has other work."""
    return f"{statistics.median(times):.1f} ({min(times):.1f})" if times else "-"


def main(process: Path, node: Path, photos: list[Path]) -> None:
    # This script does not run on the measured core.
    os.sched_setaffinity(0, OTHERS or {MEASURED})
    folder = Path(tempfile.mkdtemp(prefix="roundel-bench-"))
    with zipfile.ZipFile(process) as zipped:
        zipped.extract("bootstrap", folder)
    bootstrap = folder / "bootstrap"
    bootstrap.chmod(0o755)
    print("| photo | function | init ms | init + first ms | warm ms | of it render ms "
          "| init CPU ms | init + first CPU ms | warm CPU ms | idle MB | peak over idle MB | USD per million |")
    print(f"|---|---{'|--:' * 10}|")
    for photo in photos:
        measure("roundel", [str(bootstrap)], photo)
        if node != Path("-"):
            measure("Node + sharp", ["node", str(node / "index.mjs")], photo)


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]), [Path(photo) for photo in sys.argv[3:]])
