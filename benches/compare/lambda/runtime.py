"""Lambda's runtime API for one function, on loopback.

<https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html>
"""

from __future__ import annotations

import json
import os
import queue
import subprocess
import threading
import time
import uuid
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    # Header and body in one segment; otherwise Nagle's algorithm adds 40 ms.
    wbufsize = -1
    disable_nagle_algorithm = True
    function: Function

    def log_message(self, *_: object) -> None:
        pass

    def do_GET(self) -> None:
        self.function.idle.set()
        event = self.function.events.get()
        if event is None:
            self.close_connection = True
            return
        self.send_response(200)
        self.send_header("Lambda-Runtime-Aws-Request-Id", str(uuid.uuid4()))
        self.send_header("Lambda-Runtime-Deadline-Ms", str(int(time.time() * 1000) + 60_000))
        arn = "arn:aws:lambda:us-east-1:000000000000:function:process"
        self.send_header("Lambda-Runtime-Invoked-Function-Arn", arn)
        self.reply(json.dumps(event).encode())
        self.wfile.flush()

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        ok = self.path.endswith("/response")
        self.function.answers.put((ok, json.loads(body or b"null")))
        self.send_response(202)
        self.reply(b"{}")

    def reply(self, body: bytes) -> None:
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


class Function:
    """A running function: `bootstrap`, or another command that uses the runtime API."""

    def __init__(self, command: list[str], environment: dict[str, str], log: Path | None = None):
        self.events: queue.Queue = queue.Queue()
        self.answers: queue.Queue = queue.Queue()
        self.idle = threading.Event()
        handler = type("Bound", (Handler,), {"function": self})
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
        self.server.daemon_threads = True
        # A killed function leaves its connections open.
        self.server.handle_error = lambda *_: None
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        self.environment = {
            "PATH": os.environ["PATH"],
            "AWS_LAMBDA_RUNTIME_API": f"127.0.0.1:{self.server.server_port}",
            "AWS_LAMBDA_FUNCTION_NAME": "process",
            "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "1769",
            "AWS_LAMBDA_FUNCTION_VERSION": "1",
            "AWS_LAMBDA_LOG_GROUP_NAME": "process",
            "AWS_LAMBDA_LOG_STREAM_NAME": "1",
            "AWS_REGION": "us-east-1",
            "AWS_ACCESS_KEY_ID": "test",
            "AWS_SECRET_ACCESS_KEY": "test",
            "_HANDLER": "bootstrap",
            **environment,
        }
        self.command = command
        self.log = open(log, "ab") if log else subprocess.DEVNULL
        self.started = time.perf_counter()
        self.process = self.start()

    def start(self) -> subprocess.Popen:
        return subprocess.Popen(
            self.command, env=self.environment, stdout=self.log, stderr=self.log
        )

    def invoke(self, event: object, timeout: float = 120) -> tuple[bool, object]:
        """Whether the function succeeded, and its response or error."""
        self.events.put(event)
        return self.answers.get(timeout=timeout)

    def peak_memory(self) -> int:
        """Peak of the resident bytes."""
        return self.memory("VmHWM")

    def memory(self, field: str = "VmRSS") -> int:
        status = Path(f"/proc/{self.process.pid}/status").read_text()
        line = next(line for line in status.splitlines() if line.startswith(field))
        return int(line.split()[1]) * 1024

    def processor_time(self) -> float:
        """Processor milliseconds so far, which other work on the machine does not affect."""
        threads = Path(f"/proc/{self.process.pid}/task").glob("*/schedstat")
        return sum(int(thread.read_text().split()[0]) for thread in threads) / 1e6

    def kill(self) -> None:
        self.process.kill()
        self.process.wait()

    def close(self) -> None:
        self.kill()
        # Ends the threads that wait for an event.
        for _ in range(8):
            self.events.put(None)
        self.server.shutdown()
        self.server.server_close()
