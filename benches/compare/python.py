"""In one Python process: roundel beside Pillow, OpenCV and pyvips: python.py [--runs N] [--cpu] [PHOTO...]

From a photo's bytes to a 256 px avatar as JPEG bytes, upright, cropped from the center. Needs
the installed wheel and requirements-python.txt. Without photos it makes its own, 12 MP each. Photos of your
own should be opaque and in sRGB: only roundel renders others on white and converts them. --cpu
counts time on the core instead of time that passed, for a machine that others use too.
"""

import argparse
import io
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from statistics import median

import cv2
import numpy
import PIL
import pyvips
import roundel
from PIL import Image, ImageOps

SIDE = 256


def ours(photo):
    return roundel.render(photo, sizes=SIDE, quality=80, parallel=False).avatars[0].bytes


def pillow(photo):
    """`draft` lets libjpeg reduce while it decodes. It must be called before the pixels are loaded."""
    image = Image.open(io.BytesIO(photo))
    image.draft("RGB", (SIDE * 2, SIDE * 2))
    image = ImageOps.exif_transpose(image).convert("RGB")
    image = ImageOps.fit(image, (SIDE, SIDE), Image.Resampling.LANCZOS)
    file = io.BytesIO()
    image.save(file, "jpeg", quality=80)
    return file.getvalue()


def opencv(photo):
    """Decodes at the largest reduction that leaves twice the avatar. OpenCV applies the orientation."""
    shorter = min(roundel.probe(photo).size)
    reductions = (
        (8, cv2.IMREAD_REDUCED_COLOR_8),
        (4, cv2.IMREAD_REDUCED_COLOR_4),
        (2, cv2.IMREAD_REDUCED_COLOR_2),
    )
    fits = (flag for factor, flag in reductions if shorter // factor >= 2 * SIDE)
    image = cv2.imdecode(numpy.frombuffer(photo, "uint8"), next(fits, cv2.IMREAD_COLOR))
    height, width = image.shape[:2]
    side = min(height, width)
    top, left = (height - side) // 2, (width - side) // 2
    square = image[top : top + side, left : left + side]
    small = cv2.resize(square, (SIDE, SIDE), interpolation=cv2.INTER_AREA)
    return cv2.imencode(".jpg", small, [cv2.IMWRITE_JPEG_QUALITY, 80])[1].tobytes()


def vips(photo):
    image = pyvips.Image.thumbnail_buffer(photo, SIDE, height=SIDE, crop="centre")
    return image.jpegsave_buffer(Q=80, keep="none")


PEERS = {"roundel": ours, "Pillow": pillow, "OpenCV": opencv, "pyvips": vips}


def made_photos():
    """12 MP of smooth shapes with sensor noise, so that the file is as large as a photo's."""
    generator = numpy.random.default_rng(4)
    coarse = Image.fromarray(generator.integers(0, 256, (30, 40, 3), "uint8"))
    smooth = numpy.asarray(coarse.resize((4000, 3000), Image.Resampling.BICUBIC)).astype("int16")
    noisy = smooth + generator.normal(0, 4, smooth.shape).astype("int16")
    image = Image.fromarray(noisy.clip(0, 255).astype("uint8"))
    kinds = {
        "baseline": ("jpeg", {"quality": 90}),
        "progressive": ("jpeg", {"quality": 90, "progressive": True}),
        "PNG": ("png", {"compress_level": 6}),
    }
    for name, (form, options) in kinds.items():
        file = io.BytesIO()
        image.save(file, form, **options)
        yield f"made, 12 MP {name}", file.getvalue()


def milliseconds(calls, runs, clock):
    """The median of each call. The calls are interleaved; the first round is a warm-up."""
    times = [[] for _ in calls]
    for _ in range(runs + 1):
        for call, found in zip(calls, times):
            since = clock()
            call()
            found.append((clock() - since) * 1e3)
    return [median(found[1:]) for found in times]


def compare(photos, runs, clock):
    print(f"| photo | {' | '.join(PEERS)} | of Pillow |\n|---{'|---:' * (len(PEERS) + 1)}|")
    for name, photo in photos:
        calls = [lambda render=render: render(photo) for render in PEERS.values()]
        times = milliseconds(calls, runs, clock)
        cells = " | ".join(f"{time:.1f}" for time in times)
        print(f"| {name} | {cells} | {times[0] / times[1]:.2f}x |", flush=True)


def overhead(runs):
    """The overhead of Python: the whole call minus the stages that core times."""
    photo = ours(numpy.zeros((16, 16, 3), "uint8"))
    added = []
    for _ in range(max(runs, 9) * 100):
        since = time.perf_counter()
        rendered = roundel.render(photo, sizes=16, parallel=False)
        whole = (time.perf_counter() - since) * 1e3
        added.append(whole - sum(rendered.milliseconds.values()))
    return median(added)


MANY = """
import sys, time, roundel
photo = open(sys.argv[1], "rb").read()
threads, count = int(sys.argv[2]), int(sys.argv[3])
list(roundel.render_many([photo] * 4, threads=threads))
since = time.perf_counter()
for _ in roundel.render_many([photo] * count, threads=threads):
    pass
print(count / (time.perf_counter() - since))
"""


def many(photo, runs):
    """Photos per second on one and two threads, interleaved, each in a fresh process."""
    rates = {1: [], 2: []}
    with tempfile.NamedTemporaryFile() as file:
        file.write(photo)
        file.flush()
        for _ in range(max(3, runs // 3)):
            for threads, found in rates.items():
                command = [sys.executable, "-c", MANY, file.name, str(threads), "60"]
                found.append(float(subprocess.check_output(command)))
    return median(rates[1]), median(rates[2])


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--runs", type=int, default=9)
    parser.add_argument("--cpu", action="store_true")
    parser.add_argument("photos", nargs="*", type=Path)
    arguments = parser.parse_args()
    cv2.setNumThreads(1)
    versions = f"Pillow {PIL.__version__}, OpenCV {cv2.__version__}, libvips "
    versions += ".".join(str(pyvips.version(part)) for part in range(3))
    print(f"{versions}; one thread each; milliseconds, median of {arguments.runs}\n")
    given = [(path.stem[:40], path.read_bytes()) for path in arguments.photos]
    photos = given or list(made_photos())
    compare(photos, arguments.runs, time.process_time if arguments.cpu else time.perf_counter)
    print(f"\nWhat a call from Python adds: {overhead(arguments.runs):.3f} ms")
    one, two = many(photos[0][1], arguments.runs)
    print(f"render_many: {one:.1f} photos/s on one thread, {two:.1f} on two: {two / one:.2f}x")


if __name__ == "__main__":
    # libvips reads this variable when it is loaded.
    if os.environ.get("VIPS_CONCURRENCY") != "1":
        os.execve(sys.executable, [sys.executable, *sys.argv], {**os.environ, "VIPS_CONCURRENCY": "1"})
    main()
