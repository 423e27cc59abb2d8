"""Starts the peers and speaks their protocol (README.md)."""

import hashlib
import os
import subprocess
import sys
import time
from math import isnan, nan
from pathlib import Path

HERE = Path(__file__).resolve().parent
ONE_THREAD = {
    name: "1"
    for name in (
        "OMP_NUM_THREADS",
        "OPENBLAS_NUM_THREADS",
        "PEER_THREADS",
        "RAYON_NUM_THREADS",
        "UV_THREADPOOL_SIZE",
        "VIPS_CONCURRENCY",
    )
}
#: The programs whose changes make what was measured outdated.
SOURCES = ("measure.py", "peers.py", "reference.py", "peer.py", "peer.mjs", "package-lock.json",
           "rust/src/main.rs", "rust/Cargo.lock", "../src/bin/peer.rs")
SUFFIXES = (".jpg", ".jpeg", ".png", ".webp", ".gif", ".bmp")


def python(library, folder=".venv"):
    own = HERE / folder / "bin" / "python"
    return [str(own if own.exists() else sys.executable), str(HERE / "peer.py"), library]


COMMANDS = {
    "roundel": [os.environ.get("ROUNDEL_PEER", "peer")],
    "sharp": ["node", str(HERE / "peer.mjs"), "sharp"],
    "@napi-rs/image": ["node", str(HERE / "peer.mjs"), "napi"],
    "Pillow": python("pillow"),
    "Pillow, draft": python("pillow-draft"),
    "Pillow, full decode": python("pillow-full"),
    "pillow-simd, draft": python("pillow-draft", ".venv-simd"),
    "OpenCV": python("opencv"),
    "pyvips": python("pyvips"),
    "vipsthumbnail": python("vipsthumbnail"),
    "image + fast_image_resize": [str(HERE / "target" / "release" / "image-peer")],
}


def installed():
    """The peers that could be installed here."""
    found = {}
    for name in COMMANDS:
        if name.startswith("pillow-simd") and not (HERE / ".venv-simd" / "installed").exists():
            print("left out: pillow-simd, which did not build here", file=sys.stderr)
            continue
        try:
            peer = Peer(name)
            found[name] = peer.version
            peer.close()
        except (OSError, RuntimeError, Refused) as error:
            print(f"left out: {name}: {error}", file=sys.stderr)
    return found


def sources():
    """A digest of the programs that measure."""
    digest = hashlib.sha256()
    for name in SOURCES:
        digest.update((HERE / name).read_bytes())
    return digest.hexdigest()[:12]


class Refused(Exception):
    """The peer cannot do it, for example because it does not decode the format."""


class Peer:
    """A running peer: on one core with one thread, or on all of both."""

    def __init__(self, name, one_thread=True, core=None):
        core = max(os.sched_getaffinity(0)) if core is None else core
        self.process = subprocess.Popen(
            COMMANDS[name],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
            bufsize=1,
            env=os.environ | (ONE_THREAD if one_thread else {}),
            preexec_fn=(lambda: os.sched_setaffinity(0, {core})) if one_thread else None,
        )
        self.runs_programs = name == "vipsthumbnail"
        self.version = self.ask("version")

    def ask(self, *words):
        try:
            self.process.stdin.write("\t".join(map(str, words)) + "\n")
        except BrokenPipeError:
            raise RuntimeError("the peer is gone") from None
        answer = self.process.stdout.readline().rstrip("\n")
        if answer.startswith("error"):
            raise Refused(answer)
        if not answer:
            raise RuntimeError("the peer is gone")
        return answer

    def load(self, path):
        self.ask("load", path)

    def render(self, sizes, form="jpeg", mode="faithful", quality=80):
        """Milliseconds; nan if the peer refuses the photo."""
        try:
            return float(self.ask("render", sizes, form, mode, quality))
        except Refused:
            return nan

    def children(self):
        """CPU milliseconds and peak MB of the programs that it has run."""
        if not self.runs_programs:
            return 0.0, 0.0
        cpu, peak = map(float, self.ask("children").split())
        return cpu, peak / 1024

    def cpu(self):
        """CPU milliseconds of all its threads so far, also of those that have ended: libwebp starts one
        for each picture."""
        # As clock_getcpuclockid(3) returns it.
        clock = ~self.process.pid << 3 | 2
        return 1e3 * time.clock_gettime(clock) + self.children()[0]

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


def label(path):
    """The name in results: that of the file if it is in the repository. The name of a user's photo can be
    private, so the label is a digest of its bytes."""
    if path.resolve().is_relative_to(HERE.parents[1]):
        return path.name
    return f"photo-{hashlib.sha256(path.read_bytes()).hexdigest()[:8]}"


def number(value, digits=1):
    return "-" if isnan(value) else f"{value:.{digits}f}"


def table(head, rows):
    """A table in Markdown."""
    lines = ["| " + " | ".join(head) + " |", "|---" + "|---:" * (len(head) - 1) + "|"]
    lines += ["| " + " | ".join(map(str, row)) + " |" for row in rows]
    return "\n".join(lines) + "\n"
