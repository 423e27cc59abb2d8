"""A proxy in front of S3 that injects faults, chosen by a seeded generator."""

from __future__ import annotations

import http.client
import random
import socket
import threading
import time
from collections import Counter
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import urlsplit

#: How many of every thousand requests meet each fault.
FAULTS = {
    "500": 30,
    "503": 30,
    "slow": 20,  # 20 to 200 ms
    "truncated": 30,  # half of the answer, then the connection ends
    "dropped": 20,  # no answer, and the request does not reach S3
    "unanswered": 30,  # S3 handles the request, but the answer is lost
    "outage": 4,  # 503 for more requests in a row than one call retries
}
#: Length of an outage, in requests.
OUTAGE = 20
ERROR = b"<Error><Code>SlowDown</Code><Message>Please reduce your request rate.</Message></Error>"


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    wbufsize = -1
    disable_nagle_algorithm = True
    proxy: FaultProxy

    def log_message(self, *_: object) -> None:
        pass

    def setup(self) -> None:
        super().setup()
        self.upstream = http.client.HTTPConnection(*self.proxy.upstream, timeout=60)

    def finish(self) -> None:
        self.upstream.close()
        super().finish()

    def handle_any(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        fault = self.proxy.fault()
        if fault in ("500", "503"):
            return self.answer(int(fault), [], ERROR)
        if fault == "dropped":
            return self.hang_up()
        if fault == "slow":
            time.sleep(self.proxy.delay())
        status, headers, answer = self.forward(body)
        if fault == "unanswered":
            return self.hang_up()
        if fault == "truncated" and len(answer) > 1:
            self.answer(status, headers, answer, len(answer) // 2)
            return self.hang_up()
        self.answer(status, headers, answer)

    do_GET = do_HEAD = do_PUT = do_DELETE = handle_any

    def forward(self, body: bytes):
        for attempt in (1, 2):
            try:
                self.upstream.request(self.command, self.path, body, dict(self.headers))
                response = self.upstream.getresponse()
                return response.status, response.getheaders(), response.read()
            except (http.client.HTTPException, OSError):
                # S3 has closed the idle connection.
                self.upstream.close()
                if attempt == 2:
                    return 503, [], ERROR

    def answer(self, status: int, headers: list, body: bytes, sent: int | None = None) -> None:
        self.send_response_only(status)
        length = str(len(body))
        for name, value in headers:
            if name.lower() == "content-length":
                length = value
            elif name.lower() not in ("connection", "transfer-encoding"):
                self.send_header(name, value)
        self.send_header("Content-Length", length)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body[:sent])
        self.wfile.flush()

    def hang_up(self) -> None:
        self.close_connection = True
        try:
            self.connection.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass


class FaultProxy:
    def __init__(self, url: str, seed: int):
        parts = urlsplit(url)
        self.upstream = (parts.hostname, parts.port)
        self.random = random.Random(seed)
        self.lock = threading.Lock()
        self.outage = 0
        self.counts: Counter[str] = Counter()
        handler = type("Bound", (Handler,), {"proxy": self})
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
        self.server.daemon_threads = True
        # A killed function leaves its connections open.
        self.server.handle_error = lambda *_: None
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def fault(self) -> str:
        with self.lock:
            if self.outage:
                self.outage -= 1
                self.counts["outage"] += 1
                return "503"
            roll = self.random.randrange(1000)
            for name, share in FAULTS.items():
                if roll < share:
                    break
                roll -= share
            else:
                name = "none"
            self.counts[name] += 1
            if name == "outage":
                self.outage = OUTAGE
                return "503"
            return name

    def delay(self) -> float:
        with self.lock:
            return self.random.uniform(0.02, 0.2)

    def close(self) -> None:
        self.server.shutdown()
        self.server.server_close()
