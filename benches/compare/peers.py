"""Starts the peers and speaks their protocol (README.md)."""

import os
import subprocess
import sys
import time
from math import isnan, nan
from pathlib import Path

HERE = Path(__file__).resolve().parent
ONE_THREAD = {
    name: "1"
    for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "VIPS_CONCURRENCY", "RAYON_NUM_THREADS")
}
SUFFIXES = (".jpg", ".jpeg", ".png", ".webp", ".gif", ".bmp")
COMMANDS = {
    "roundel": [os.environ.get("ROUNDEL_PEER", "peer")],
    "sharp": ["node", str(HERE / "peer.mjs")],
    "Pillow": [sys.executable, str(HERE / "peer.py"), "pillow"],
    "OpenCV": [sys.executable, str(HERE / "peer.py"), "opencv"],
}


class Refused(Exception):
    """The peer cannot do it, for example because it does not decode the format."""


class Peer:
    """A running peer. All its threads stay on one core."""

    def __init__(self, name):
        core = max(os.sched_getaffinity(0))
        self.process = subprocess.Popen(
            COMMANDS[name],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            bufsize=1,
            env=os.environ | ONE_THREAD,
            preexec_fn=lambda: os.sched_setaffinity(0, {core}),
        )
        self.version = self.ask("version")

    def ask(self, *words):
        self.process.stdin.write("\t".join(map(str, words)) + "\n")
        answer = self.process.stdout.readline().rstrip("\n")
        if answer.startswith("error"):
            raise Refused(answer)
        if not answer:
            raise RuntimeError("the peer is gone")
        return answer

    def load(self, path):
        self.ask("load", path)

    def render(self, sizes, form="jpeg", mode="faithful"):
        """Milliseconds; nan if the peer refuses the photo."""
        try:
            return float(self.ask("render", sizes, form, mode))
        except Refused:
            return nan

    def cpu(self):
        """CPU milliseconds of all its threads so far, also of those that have ended: libwebp starts one
        for each picture."""
        # As clock_getcpuclockid(3) returns it.
        clock = ~self.process.pid << 3 | 2
        return 1e3 * time.clock_gettime(clock)

    def save(self, path):
        self.ask("save", path)

    def forget_peak(self):
        Path(f"/proc/{self.process.pid}/clear_refs").write_text("5")

    def memory(self, field):
        """A field of /proc/PID/status in MB: VmRSS (current) or VmHWM (peak)."""
        status = Path(f"/proc/{self.process.pid}/status").read_text()
        line = next(line for line in status.splitlines() if line.startswith(field))
        return int(line.split()[1]) / 1024

    def close(self):
        self.process.stdin.close()
        self.process.wait()


def photos(arguments):
    """The photos among the paths and in the folders among them."""
    found = []
    for path in map(Path, arguments):
        found += sorted(path.iterdir()) if path.is_dir() else [path]
    return [path for path in found if path.suffix.lower() in SUFFIXES]


def number(value, digits=1):
    return "-" if isnan(value) else f"{value:.{digits}f}"


def table(head, rows):
    """A table in Markdown."""
    print("| " + " | ".join(head) + " |")
    print("|---" + "|---:" * (len(head) - 1) + "|")
    for row in rows:
        print("| " + " | ".join(map(str, row)) + " |")
    print(flush=True)
