"""The study of docs/resizing.md: study.py FOLDER_FOR_SHEETS [--corpus FOLDER_OF_PHOTOS]

Every peer resizes the same PNG files; what they make is compared before any lossy encoding.
Prints Markdown tables, and writes the sheets `resizing-reduced.jpg` and `resizing-enlarged.jpg`.

SSIMULACRA2 is that of the PyPI package `ssimulacra2`. It drops scales of pictures under 256 px, so
both are tiled with their mirror images to 256 px first. Reduced pictures are scored against three
references in linear light (area, Mitchell, Lanczos3), and the mean counts: each reference alone
favors its own kind. Enlarged ones are scored against the picture from which the small one was made.
"""

import argparse
import subprocess
import sys
import tempfile
from functools import cache
from itertools import count
from pathlib import Path
from statistics import median

import graphics
import numpy as np
from PIL import Image, ImageDraw, ImageFont, ImageOps
from ssimulacra2 import compute_ssimulacra2

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from peers import Peer, table  # noqa: E402

SCRATCH, NUMBERS = Path(tempfile.mkdtemp()), count()
SIZES = (256, 128, 64, 32)


class ImageMagick:
    """`convert -resize`, as its manual shows thumbnails."""

    def __init__(self):
        version = subprocess.check_output(["convert", "--version"], text=True)
        self.version = " ".join(version.split()[1:3])

    def load(self, path):
        self.photo = path

    def render(self, size, form):
        self.arguments = ["-resize", f"{size}x{size}^", "-gravity", "center", "-extent", f"{size}x{size}"]

    def save(self, path):
        subprocess.run(["convert", self.photo, *self.arguments, path], check=True)


PEERS = {
    "roundel": Peer("roundel"),
    "sharp": Peer("sharp"),
    "Pillow": Peer("Pillow, full decode"),
    "ImageMagick": ImageMagick(),
}


class Source:
    """A picture that every peer reads from the same file."""

    def __init__(self, picture):
        self.picture, self.path = picture, new_path()
        picture.save(self.path, compress_level=1)

    @cache
    def by(self, name, size):
        """What a peer makes of it."""
        target = new_path()
        PEERS[name].load(self.path)
        PEERS[name].render(size, "png")
        PEERS[name].save(target)
        return Image.open(target).convert("RGB")

    @cache
    def reference(self, kernel, size):
        light = LIGHT[np.asarray(self.picture)]
        down, across = (weights(kernel, light.shape[axis], size) for axis in (0, 1))
        light = np.einsum("yh,hwc,xw->yxc", down, light, across, optimize=True)
        return Image.fromarray(np.round(coded(light) * 255).astype(np.uint8))


def new_path():
    return SCRATCH / f"{next(NUMBERS)}.png"


# Linear light, both ways (IEC 61966-2-1).
LIGHT = np.arange(256) / 255
LIGHT = np.where(LIGHT <= 0.04045, LIGHT / 12.92, ((LIGHT + 0.055) / 1.055) ** 2.4)


def coded(light):
    light = light.clip(0, 1)
    return np.where(light <= 0.0031308, light * 12.92, 1.055 * light ** (1 / 2.4) - 0.055)


def lanczos3(x):
    return np.where(abs(x) < 3, np.sinc(x) * np.sinc(x / 3), 0)


def mitchell(x):
    x = abs(x)
    near = (21 * x**3 - 36 * x**2 + 16) / 18
    far = (-7 * x**3 + 36 * x**2 - 60 * x + 32) / 18
    return np.where(x < 1, near, np.where(x < 2, far, 0))


def weights(kernel, length, count):
    scale = length / count
    if kernel is None:  # the part of each sample within the pixel
        left = np.arange(count)[:, None] * scale
        right, at = left + scale, np.arange(length)
        found = np.clip(np.minimum(right, at + 1) - np.maximum(left, at), 0, None)
    else:
        centers = (np.arange(count) + 0.5) * scale
        found = kernel((np.arange(length) + 0.5 - centers[:, None]) / scale)
    return found / found.sum(axis=1, keepdims=True)


def tiled(picture):
    pixels = np.asarray(picture)
    times = -(-256 // pixels.shape[0])
    if times > 1:
        pixels = np.pad(pixels, ((0, (times - 1) * pixels.shape[0]),) * 2 + ((0, 0),), "symmetric")
    return Image.fromarray(pixels)


def score(wanted, found):
    paths = new_path(), new_path()
    for path, picture in zip(paths, (wanted, found)):
        tiled(picture).save(path, compress_level=1)
    found = compute_ssimulacra2(*map(str, paths))
    for path in paths:
        path.unlink()
    return found


def reduced_score(source, found):
    kinds = (None, mitchell, lanczos3)
    return np.mean([score(source.reference(kind, found.width), found) for kind in kinds])


def sharpness(source, found):
    """The energy of the finest differences, of that of Lanczos3 in linear light."""

    def energy(image):
        light = LIGHT[np.asarray(image)]
        return (np.diff(light, axis=0) ** 2).mean() + (np.diff(light, axis=1) ** 2).mean()

    return (energy(found) / energy(source.reference(lanczos3, found.width))) ** 0.5


def ghost(picture, found):
    """Levels by which pixels differ from the ground, none of whose neighbors has an edge."""
    ground, step = np.asarray(picture)[0, 0].astype(int), picture.width // found.width
    edges = (np.asarray(picture) != ground).any(axis=2)
    edges = edges.reshape(found.height, step, found.width, step).any(axis=(1, 3))
    padded, (height, width) = np.pad(edges, 1), edges.shape
    near = [padded[y : y + height, x : x + width] for y in range(3) for x in range(3)]
    apart = abs(np.asarray(found).astype(int) - ground).max(axis=2)
    return int(apart[~np.any(near, axis=0)].max(initial=0))


def ring(picture, found):
    """Levels by which samples leave the range of the 3 x 3 source pixels around them."""
    small = np.pad(np.asarray(picture).astype(int), ((1, 1), (1, 1), (0, 0)), "edge")
    height, width = picture.height, picture.width
    near = [small[y : y + height, x : x + width] for y in range(3) for x in range(3)]
    at = ((np.arange(found.width) + 0.5) * width / found.width).astype(int)
    least, most = (np.asarray(f(near, axis=0))[at][:, at] for f in (np.min, np.max))
    pixels = np.asarray(found).astype(int)
    return int(np.maximum(pixels - most, least - pixels).max())


def outline_kept(picture, found):
    """How dark dark pixels still are at their centers: 1 is as dark as they were."""
    dark = (np.asarray(picture) < 40).all(axis=2)
    at = ((np.arange(picture.width) + 0.5) * found.width / picture.width).astype(int)
    centers = np.asarray(found).max(axis=2)[at][:, at][dark]
    return 1 - centers.mean() / 255


def photos(folder):
    """The central squares of photos, small enough for the references."""
    for path in sorted(Path(folder).iterdir()) if folder else []:
        if path.suffix.lower() in (".jpg", ".jpeg", ".png"):
            image = ImageOps.exif_transpose(Image.open(path)).convert("RGB")
            side = min(image.size)
            if side >= 512:
                square = ImageOps.fit(image, (side, side))
                yield square if side <= 1024 else square.resize((1024, 1024), Image.Resampling.BOX)


def reduced_rows(title, sources, sizes):
    for size in sizes:
        row = [f"{title}, {size} px"]
        for name in PEERS:
            scores = [reduced_score(source, source.by(name, size)) for source in sources]
            row.append(f"{median(scores):.1f} ({min(scores):.1f})" if scores[1:] else f"{scores[0]:.1f}")
        yield row


def labeled(rows, heads, cell, path):
    """A sheet: rows of (name, pictures), each picture magnified to `cell`."""
    left, top, gap = 96, 28, 6
    size = (left + len(heads) * (cell + gap), top + len(rows) * (cell + gap))
    sheet, font = Image.new("RGB", size, "#e8e8e8"), ImageFont.load_default(15)
    canvas = ImageDraw.Draw(sheet)
    for column, head in enumerate(heads):
        canvas.text((left + column * (cell + gap) + cell / 2, top / 2), head, "black", font, anchor="mm")
    for line, (name, pictures) in enumerate(rows):
        y = top + line * (cell + gap)
        canvas.text((8, y + cell / 2), name, "black", font, anchor="lm")
        for column, picture in enumerate(pictures):
            cellful = picture.resize((cell, cell), Image.Resampling.NEAREST)
            sheet.paste(cellful, (left + column * (cell + gap), y))
    sheet.save(path, quality=88, subsampling=0, optimize=True)


def study_reduced(folder, corpus):
    drawn = {name: Source(draw(1024)) for name, draw in graphics.GRAPHICS.items()}
    astronaut = Source(graphics.photo())
    rows = [*reduced_rows("graphics", drawn.values(), SIZES), *reduced_rows("astronaut", [astronaut], SIZES)]
    if corpus:
        rows += reduced_rows("photos", [Source(photo) for photo in photos(corpus)], SIZES)
    print(table(["SSIMULACRA2: median (worst)", *PEERS], rows))
    rows = []
    for name in ("letters", "initials"):
        for size in (256, 128, 64):
            found = [ghost(drawn[name].picture, drawn[name].by(peer, size)) for peer in PEERS]
            rows.append([f"{name}, {size} px", *found])
    print(table(["ghost: levels beside edges", *PEERS], rows))
    rows = []
    for size in SIZES:
        values = [sharpness(astronaut, astronaut.by(peer, size)) for peer in PEERS]
        rows.append([f"astronaut, {size} px", *(f"{value:.2f}" for value in values)])
    print(table(["sharpness (Lanczos3 in linear light: 1)", *PEERS], rows))
    shown = {"photo": astronaut, "portrait": Source(graphics.portrait(160))} | drawn
    lines = [(name, [source.by(peer, 64) for peer in PEERS]) for name, source in shown.items()]
    labeled(lines, list(PEERS), 192, folder / "resizing-reduced.jpg")


def study_enlarged(folder):
    box, rings, kept, scores = Image.Resampling.BOX, [], [], []
    large = {name: draw(256) for name, draw in graphics.GRAPHICS.items()}
    large |= {"portrait": graphics.portrait(160).resize((256, 256), box), "outline": graphics.outline(256)}
    small = {f"{name}, 64 px": p.resize((64, 64), box) for name, p in large.items()}
    small["outline, 64 px"] = graphics.outline(64)
    small = {"face, 16 px": graphics.face(), "outline, 48 px": graphics.outline(48)} | small
    lines = []
    for name, picture in small.items():
        source = Source(picture)
        found = [source.by(peer, 256) for peer in PEERS]
        rings.append([name, *(ring(picture, image) for image in found)])
        if name.startswith(("face", "outline")):
            kept.append([name, *(f"{outline_kept(picture, image):.2f}" for image in found)])
        original = large.get(name.split(",")[0])
        if original:
            scores.append([name, *(f"{score(original, image):.1f}" for image in found)])
        lines.append((name.replace(", ", "\n"), found))
    print(table(["ring: levels, to 256 px", *PEERS], rings))
    print(table(["dark outline kept", *PEERS], kept))
    print(table(["SSIMULACRA2 against the original of 256 px", *PEERS], scores))
    shown = ("face", "outline\n48", "initials", "letters", "text", "portrait")
    labeled([line for line in lines if line[0].startswith(shown)], list(PEERS), 256, folder / "resizing-enlarged.jpg")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("folder", type=Path)
    parser.add_argument("--corpus", type=Path)
    arguments = parser.parse_args()
    print(", ".join(peer.version for peer in PEERS.values()) + "\n")
    study_reduced(arguments.folder, arguments.corpus)
    study_enlarged(arguments.folder)


if __name__ == "__main__":
    main()
