"""A child process: started, ended, killed; what it says goes into a file."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
from pathlib import Path


class Program:
    """A program that can be started again, with the same settings."""

    def __init__(self, name: str, command: list[str | Path], folder: Path, **environment: str):
        self.name, self.command, self.folder = name, command, folder
        self.environment = environment
        self.log = folder / f"{name}.log"
        self.process: subprocess.Popen | None = None

    def start(self) -> None:
        kept = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
        with open(self.log, "ab") as log:
            # In a session of its own: Ctrl-C is for the demo, which ends what it started in order.
            self.process = subprocess.Popen(
                self.command, env={**kept, **self.environment}, cwd=self.folder,
                stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True,
            )

    def alive(self) -> bool:
        return self.process is not None and self.process.poll() is None

    def kill(self) -> None:
        """At once, with all that it has started, in the middle of whatever it does."""
        if self.process is None:
            return
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()

    def end(self, seconds: float = 10) -> None:
        """Asks first."""
        if self.alive():
            self.process.terminate()
            with contextlib.suppress(subprocess.TimeoutExpired):
                self.process.wait(timeout=seconds)
        self.kill()
