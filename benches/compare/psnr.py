"""How faithful avatars are, in dB: psnr.py PHOTO_OR_FOLDER...

The reference: the photo decoded in full (libjpeg-turbo, accurate IDCT, fancy upsampling, by
Pillow), upright, in sRGB, its central square with exact (half) edges, resized by Lanczos3 in
linear light at double precision. The avatar is taken before any lossy encoding, as PNG.
"""

import io
import sys
import tempfile
from pathlib import Path
from statistics import median

import numpy as np
from peers import Peer, photos, table
from PIL import Image, ImageCms, ImageOps

SIZES = (512, 256, 128, 64)
PEERS = ("roundel", "sharp")

Image.MAX_IMAGE_PIXELS = None


def upright_srgb(path):
    image = Image.open(path)
    profile = image.info.get("icc_profile")
    image = ImageOps.exif_transpose(image).convert("RGB")
    if profile:
        source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
        intent = ImageCms.Intent.RELATIVE_COLORIMETRIC
        image = ImageCms.profileToProfile(image, source, ImageCms.createProfile("sRGB"), intent)
    return np.asarray(image)


def lanczos3(length, start, extent, count):
    """The matrix that resizes `extent` of `length` samples, from `start` on, to `count` samples."""
    scale = extent / count
    centers = start + (np.arange(count) + 0.5) * scale
    distance = (np.arange(length) + 0.5 - centers[:, None]) / max(scale, 1)
    weights = np.where(abs(distance) < 3, np.sinc(distance) * np.sinc(distance / 3), 0)
    return weights / weights.sum(axis=1, keepdims=True)


# The sRGB transfer function and its inverse (IEC 61966-2-1).
LINEAR = np.arange(256) / 255
LINEAR = np.where(LINEAR <= 0.04045, LINEAR / 12.92, ((LINEAR + 0.055) / 1.055) ** 2.4)


def encoded(light):
    light = light.clip(0, 1)
    return 255 * np.where(light <= 0.0031308, light * 12.92, 1.055 * light ** (1 / 2.4) - 0.055)


def references(pixels):
    """The reference avatar of each size, as float samples from 0 to 255."""
    height, width, _ = pixels.shape
    side = min(height, width)
    across = np.vstack([lanczos3(width, (width - side) / 2, side, size) for size in SIZES])
    # Horizontally in bands of rows, which saves memory; then vertically.
    bands = [
        np.einsum("xw,ywc->yxc", across, LINEAR[pixels[y : y + 128]], optimize=True)
        for y in range(0, height, 128)
    ]
    reduced, left = np.concatenate(bands), 0
    for size in SIZES:
        down = lanczos3(height, (height - side) / 2, side, size)
        part = reduced[:, left : left + size]
        left += size
        yield size, encoded(np.einsum("yh,hxc->yxc", down, part, optimize=True))


def psnr(found, wanted):
    return 10 * np.log10(255**2 / np.mean((found - wanted) ** 2))


def main():
    peers = {name: Peer(name) for name in PEERS}
    print(", ".join(peer.version for peer in peers.values()))
    print("\nPSNR in dB against a full decode resized in linear light:\n")
    rows, columns = [], {(name, size): [] for size in SIZES for name in PEERS}
    with tempfile.TemporaryDirectory() as folder:
        avatar = Path(folder) / "avatar.png"
        for path in photos(sys.argv[1:]):
            row = [path.stem[:40]]
            for peer in peers.values():
                peer.load(path)
            for size, wanted in references(upright_srgb(path)):
                for name, peer in peers.items():
                    peer.render(size, "png")
                    peer.save(avatar)
                    found = np.asarray(Image.open(avatar).convert("RGB"), dtype=float)
                    columns[name, size].append(psnr(found, wanted))
                    row.append(f"{columns[name, size][-1]:.1f}")
            rows.append(row)
    for what, of in (("least", min), ("median", median)):
        rows.append([f"**{what}**", *(f"**{of(found):.1f}**" for found in columns.values())])
    table(["photo", *(f"{name} {size}" for name, size in columns)], rows)
    ours = [db for (name, _), found in columns.items() if name == "roundel" for db in found]
    print(f"roundel: least {min(ours):.1f} dB, median {median(ours):.1f} dB")


if __name__ == "__main__":
    main()
