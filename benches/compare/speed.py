"""Times and memory of all peers: speed.py [--runs N] [--cpu] PHOTO_OR_FOLDER...

With --cpu the time that a peer's threads spent on the core, instead of the time that passed: for a
machine that others use too.
"""

import argparse
from math import isnan, nan
from statistics import median

from PIL import Image

from peers import COMMANDS, Peer, number, photos, table

# The columns: (title, peer, sizes, mode).
CASES = [
    ("roundel", "roundel", "256", "faithful"),
    ("roundel fast", "roundel", "256", "fast"),
    ("sharp", "sharp", "256", "faithful"),
    ("Pillow", "Pillow", "256", "faithful"),
    ("OpenCV", "OpenCV", "256", "faithful"),
    ("512 alone", "roundel", "512", "faithful"),
    ("512 ... 32", "roundel", "512,256,128,64,32", "faithful"),
]


def milliseconds(peers, path, runs, cpu):
    """The median of each case. The cases run in turns; the first turn is a warm-up."""
    for peer in peers.values():
        peer.load(path)
    times = {case[0]: [] for case in CASES}
    for _ in range(runs + 1):
        for column, name, sizes, mode in CASES:
            before = peers[name].cpu()
            passed = peers[name].render(sizes, "jpeg", mode)
            spent = peers[name].cpu() - before if cpu else passed
            times[column].append(passed if isnan(passed) else spent)
    return {column: median(found[1:]) for column, found in times.items()}


def megabytes(name, path):
    """Peak resident memory in a fresh process, minus the memory after the input was read."""
    peer = Peer(name)
    peer.load(path)
    peer.forget_peak()
    before = peer.memory("VmRSS")
    passed = peer.render("256")
    over = nan if isnan(passed) else peer.memory("VmHWM") - before
    peer.close()
    return over


def label(path):
    with Image.open(path) as image:
        (width, height), kind = image.size, f"{image.format} {image.mode}"
        progressive = " progressive" if "progressive" in image.info else ""
    return f"{path.stem[:40]}, {width * height / 1e6:.1f} MP {kind}{progressive}"


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--runs", type=int, default=9)
    parser.add_argument("--cpu", action="store_true")
    parser.add_argument("photos", nargs="+")
    arguments = parser.parse_args()
    paths = photos(arguments.photos)
    peers = {name: Peer(name) for name in COMMANDS}
    print(", ".join(peer.version for peer in peers.values()))
    unit = "Milliseconds on the core" if arguments.cpu else "Milliseconds"
    print(f"\n{unit}, 256 px JPEG quality 80, median of {arguments.runs}:\n")
    times = {path: milliseconds(peers, path, arguments.runs, arguments.cpu) for path in paths}
    one = [case[0] for case in CASES[:5]]
    rows = []
    for path, found in times.items():
        ratio = found["roundel"] / found["sharp"]
        rows.append([label(path), *(number(found[c]) for c in one), number(ratio, 2)])
    table(["photo", *one, "roundel / sharp"], rows)

    print(f"{unit}, all five sizes 512 ... 32 from one decode:\n")
    five = [(found["512 alone"], found["512 ... 32"]) for found in times.values()]
    rows = [[label(p), f"{a:.1f}", f"{b:.1f}", f"{b / a:.2f}"] for p, (a, b) in zip(paths, five)]
    table(["photo", "512 alone", "512 ... 32", "ratio"], rows)

    print("Peak memory over the input, MB, 256 px, one render in a fresh process:\n")
    names = list(COMMANDS)
    table(["photo", *names], [[label(p), *(number(megabytes(n, p)) for n in names)] for p in paths])


if __name__ == "__main__":
    main()
