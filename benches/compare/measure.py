"""Measures every peer on every photo: measure.py RESULTS PHOTO_OR_FOLDER... [--seconds N]

Writes RESULTS/measured/PHOTO.json as soon as a photo is finished. A photo whose file is there, for the
same versions and programs, is not measured again, so the command can be stopped and repeated.
"""

import argparse
import json
import os
import platform
import sys
import tempfile
from math import isnan, nan
from pathlib import Path
from statistics import median

import numpy as np
from PIL import Image

from peers import Peer, installed, label, photos, sources
from reference import references, ssimulacra2

#: Name, sizes, mode, whether one thread, tools (None: all). A tool that is not `roundel` has one mode.
CASES = [
    ("256", "256", "faithful", True, None),
    ("256 fast", "256", "fast", True, ("roundel",)),
    ("five", "512,256,128,64,32", "faithful", True, None),
    ("256, all cores", "256", "faithful", False, None),
]
ROUNDS = range(3, 10)


def runs_of(cases, names):
    """The pairs of case and tool, in the order of a round."""
    return [(case, name) for case in cases for name in names if case[4] is None or name in case[4]]


def one_round(peers, runs, times):
    for case, name in runs:
        peer = peers[name, case[3]]
        before = peer.cpu()
        wall = peer.render(case[1], "jpeg", case[2])
        times[case[0], name].append((nan if isnan(wall) else peer.cpu() - before, wall))


def timed(peers, path, seconds):
    """CPU and wall milliseconds of each run. The tools are interleaved; the first round is a warm-up."""
    names = dict.fromkeys(name for name, _ in peers)
    runs = runs_of(CASES, names)
    for peer in peers.values():
        peer.load(path)
    times = {(case[0], name): [] for case, name in runs}
    one_round(peers, runs, times)
    usable = [(case, name) for case, name in runs if not isnan(times[case[0], name][0][1])]
    length = sum(found[0][1] for found in times.values() if not isnan(found[0][1])) / 1e3
    rounds = max(ROUNDS.start, min(ROUNDS.stop - 1, int(seconds / max(length, 1e-3))))
    for _ in range(rounds):
        one_round(peers, usable, times)
    return {run: found[1:] for run, found in times.items() if found[1:]}


def tiny(path, folder):
    """A photo of 64 pixels in the format of another."""
    with Image.open(path) as image:
        # iPhones add a second picture to a JPEG, which Pillow calls MPO.
        form = "JPEG" if image.format == "MPO" else image.format
        mode = "RGBA" if image.has_transparency_data else "RGB"
    file = Path(folder) / f"tiny{path.suffix}"
    Image.new(mode, (64, 64), "gray").save(file, form)
    return file


def peak(name, path, sizes, mode, one_thread):
    """MB that a render adds at its peak to a process that holds the file.

    The process is new, and has rendered one tiny photo: the first render of a library also loads its
    modules and plugins. Of a program that a peer starts, the whole memory counts.
    """
    peer = Peer(name, one_thread)
    with tempfile.TemporaryDirectory() as folder:
        peer.load(tiny(path, folder))
        peer.render("16", "jpeg", mode)
    peer.load(path)
    peer.forget_peak()
    before = peer.memory("VmRSS")
    peer.render(sizes, "jpeg", mode)
    found = peer.memory("VmHWM") - before + peer.children()[1]
    peer.close()
    return round(found, 1)


def outputs(peers, names, path):
    """Bytes and SSIMULACRA2 of each tool's avatar of 256 pixels."""
    wanted = dict(references(path, (256,)))[256]
    found = {}
    with tempfile.TemporaryDirectory() as folder:
        avatar = Path(folder) / "avatar.jpg"
        for name in names:
            for mode in ("faithful", "fast") if name == "roundel" else ("faithful",):
                peers[name, True].render("256", "jpeg", mode)
                peers[name, True].save(avatar)
                pixels = np.asarray(Image.open(avatar).convert("RGB"), dtype=float)
                score = round(ssimulacra2(pixels, wanted), 1)
                found[name, mode] = {"bytes": avatar.stat().st_size, "ssimulacra2": score}
    return found


def statistics(found):
    cpu, wall = zip(*found)
    return {
        "cpu_ms": round(median(cpu), 2),
        "cpu_min": round(min(cpu), 2),
        "cpu_max": round(max(cpu), 2),
        "wall_ms": round(median(wall), 2),
        "wall_min": round(min(wall), 2),
        "wall_max": round(max(wall), 2),
        "rounds": len(found),
    }


def measure(peers, versions, path, seconds):
    times = timed(peers, path, seconds)
    names = [name for name in versions if ("256", name) in times]
    avatars = outputs(peers, names, path)
    results = []
    for case, sizes, mode, one_thread, _ in CASES:
        for name in (name for name in names if (case, name) in times):
            record = {"case": case, "tool": name, "version": versions[name]}
            record |= statistics(times[case, name])
            record["peak_mb"] = peak(name, path, sizes, mode, one_thread)
            # Those of the avatar of 256 pixels, also for five sizes.
            record |= avatars[name, mode]
            results.append(record)
    with Image.open(path) as image:
        megapixels = round(image.width * image.height / 1e6, 1)
    refused = [name for name in versions if name not in names]
    return {
        "photo": label(path),
        "megapixels": megapixels,
        "file_bytes": path.stat().st_size,
        "versions": versions,
        "sources": sources(),
        "refused": refused,
        "results": results,
    }


def machine():
    model = "unknown"
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            model = line.split(":")[1].strip()
            break
    cores = len(os.sched_getaffinity(0))
    return {"processor": model, "cores": cores, "system": platform.platform(), "load": os.getloadavg()[1]}


def is_current(file, versions):
    if not file.exists():
        return False
    record = json.loads(file.read_text())
    return (record["versions"], record.get("sources")) == (versions, sources())


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("results", type=Path)
    parser.add_argument("photos", nargs="+")
    parser.add_argument("--seconds", type=float, default=20, help="for the rounds of one photo")
    arguments = parser.parse_args()
    versions = installed()
    # The version of roundel does not change with each commit.
    versions["roundel"] += f" {os.environ.get('ROUNDEL_COMMIT', '')}".rstrip()
    folder = arguments.results / "measured"
    folder.mkdir(parents=True, exist_ok=True)
    peers = {(name, one): Peer(name, one) for name in versions for one in (True, False)}
    for path in photos(arguments.photos):
        file = folder / f"{label(path)}.json"
        if is_current(file, versions):
            continue
        print(f"measuring {path.name} as {label(path)}", file=sys.stderr, flush=True)
        record = measure(peers, versions, path, arguments.seconds) | {"machine": machine()}
        file.write_text(json.dumps(record, indent=1) + "\n")


if __name__ == "__main__":
    main()
