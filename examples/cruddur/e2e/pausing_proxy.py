"""An S3 that stops in the middle of an upload's processing, until a test lets it go on."""

from __future__ import annotations

import os
import signal
import threading
from pathlib import Path

from fault_proxy import FaultProxy

#: `latest.json` and the photo are read, two sizes are on their way, and then ...
HELD = 5


class Gate(FaultProxy):
    """A proxy whose `HELD`th request waits."""

    def __init__(self, url: str):
        super().__init__(url, seed=0)
        self.requests = 0
        self.reached, self.opened = threading.Event(), threading.Event()

    def fault(self) -> str:
        with self.lock:
            self.requests += 1
            held = self.requests == HELD
        if held:
            self.reached.set()
            self.opened.wait(60)
        return "none"


def kill_functions(below: int) -> int:
    """Kills every function that this process has started, and says how many."""
    found = [pid for pid in children(below) if name_of(pid) == "bootstrap"]
    for pid in found:
        os.kill(pid, signal.SIGKILL)
    return len(found)


def children(parent: int) -> list[int]:
    listed = Path(f"/proc/{parent}/task").glob("*/children")
    return [int(pid) for file in listed for pid in file.read_text().split()]


def name_of(pid: int) -> str:
    return Path(f"/proc/{pid}/comm").read_text().strip()
