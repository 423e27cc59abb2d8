"""A proxy in front of S3 that pauses one request while process renders an upload."""

from __future__ import annotations

import os
import signal
import threading
from pathlib import Path

from fault_proxy import FaultProxy

#: The number of the paused request: after two reads and two writes of sizes.
PAUSED_REQUEST = 5


class PausingProxy(FaultProxy):
    """Pauses the request with the number PAUSED_REQUEST until `resume` is set."""

    def __init__(self, url: str):
        super().__init__(url, seed=0)
        self.requests = 0
        self.paused, self.resume = threading.Event(), threading.Event()

    def fault(self) -> str:
        with self.lock:
            self.requests += 1
            pause = self.requests == PAUSED_REQUEST
        if pause:
            self.paused.set()
            self.resume.wait(60)
        return "none"


def kill_functions(below: int) -> int:
    """Kills every function that this process has started. Returns their number."""
    found = [pid for pid in children(below) if name_of(pid) == "bootstrap"]
    for pid in found:
        os.kill(pid, signal.SIGKILL)
    return len(found)


def children(parent: int) -> list[int]:
    listed = Path(f"/proc/{parent}/task").glob("*/children")
    return [int(pid) for file in listed for pid in file.read_text().split()]


def name_of(pid: int) -> str:
    return Path(f"/proc/{pid}/comm").read_text().strip()
