"""A child process that writes its output to a log file."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
from pathlib import Path


class ChildProcess:
    """A program that can be started repeatedly with the same settings."""

    def __init__(self, name: str, command: list[str | Path], folder: Path, **environment: str):
        self.name, self.command, self.folder = name, command, folder
        self.environment = environment
        self.log = folder / f"{name}.log"
        self.process: subprocess.Popen | None = None

    def start(self) -> None:
        kept = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
        with open(self.log, "ab") as log:
            # In its own session, so that Ctrl-C reaches the demo only, which stops its programs in order.
            self.process = subprocess.Popen(
                self.command, env={**kept, **self.environment}, cwd=self.folder,
                stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True,
            )

    def is_running(self) -> bool:
        return self.process is not None and self.process.poll() is None

    def kill(self) -> None:
        """Kills the program and its children with SIGKILL."""
        if self.process is None:
            return
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()

    def stop(self, timeout: float = 10) -> None:
        """Sends SIGTERM, then SIGKILL after the timeout."""
        if self.is_running():
            self.process.terminate()
            with contextlib.suppress(subprocess.TimeoutExpired):
                self.process.wait(timeout=timeout)
        self.kill()
