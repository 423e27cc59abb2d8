"""How faithful avatars are: fidelity.py RESULTS PHOTO_OR_FOLDER...

Writes RESULTS/fidelity.json, with a record for each photo, size and tool: PSNR in dB, SSIMULACRA2 and the
mean difference of colors (delta E 2000) against the reference of reference.py, before lossy encoding
(from a PNG) and after it, where each tool has the highest quality that takes no more bytes than
roundel's JPEG of quality 80.
"""

import json
import sys
import tempfile
from pathlib import Path

import numpy as np
from PIL import Image

from peers import Peer, label, photos
from reference import LINEAR, SIZES, psnr, references, ssimulacra2

PEERS = ("roundel", "sharp", "Pillow", "Pillow, draft", "Pillow, full decode")
QUALITY = 80


def lab(pixels):
    """CIELAB of sRGB samples from 0 to 255, with the white point of sRGB (IEC 61966-2-1)."""
    light = np.interp(pixels, np.arange(256), LINEAR)
    to_xyz = [
        [0.4124, 0.3576, 0.1805],
        [0.2126, 0.7152, 0.0722],
        [0.0193, 0.1192, 0.9505],
    ]
    xyz = light @ np.transpose(to_xyz) / np.sum(to_xyz, axis=1)
    f = np.where(xyz > (6 / 29) ** 3, np.cbrt(xyz), xyz / (3 * (6 / 29) ** 2) + 4 / 29)
    x, y, z = np.moveaxis(f, -1, 0)
    return 116 * y - 16, 500 * (x - y), 200 * (y - z)


def delta_e(found, wanted):
    """The mean of CIEDE2000 (Sharma, Wu and Dalal, 2005). 1 is about the smallest visible difference."""
    (l1, a1, b1), (l2, a2, b2) = lab(found), lab(wanted)
    chroma = (np.hypot(a1, b1) + np.hypot(a2, b2)) / 2
    stretch = 1.5 - 0.5 * np.sqrt(chroma**7 / (chroma**7 + 25**7))
    a1, a2 = a1 * stretch, a2 * stretch
    c1, c2 = np.hypot(a1, b1), np.hypot(a2, b2)
    h1, h2 = np.degrees(np.arctan2(b1, a1)) % 360, np.degrees(np.arctan2(b2, a2)) % 360
    turn = (h2 - h1 + 180) % 360 - 180
    turn = np.where(c1 * c2 == 0, 0, turn)
    dl, dc = l2 - l1, c2 - c1
    dh = 2 * np.sqrt(c1 * c2) * np.sin(np.radians(turn / 2))
    light, chroma = (l1 + l2) / 2, (c1 + c2) / 2
    hue = np.where(c1 * c2 == 0, h1 + h2, (h1 + turn / 2) % 360)
    cosine = lambda angle: np.cos(np.radians(angle))
    t = 1 - 0.17 * cosine(hue - 30) + 0.24 * cosine(2 * hue)
    t += 0.32 * cosine(3 * hue + 6) - 0.2 * cosine(4 * hue - 63)
    sl = 1 + 0.015 * (light - 50) ** 2 / np.sqrt(20 + (light - 50) ** 2)
    sc, sh = 1 + 0.045 * chroma, 1 + 0.015 * chroma * t
    rotation = 30 * np.exp(-(((hue - 275) / 25) ** 2))
    rt = -2 * np.sqrt(chroma**7 / (chroma**7 + 25**7)) * np.sin(np.radians(2 * rotation))
    dl, dc, dh = dl / sl, dc / sc, dh / sh
    return float(np.mean(np.sqrt(np.maximum(dl**2 + dc**2 + dh**2 + rt * dc * dh, 0))))


def render(peer, avatar, size, form, quality):
    """Bytes and pixels."""
    peer.render(size, form, quality=quality)
    peer.save(avatar)
    return avatar.stat().st_size, np.asarray(Image.open(avatar).convert("RGB"), dtype=float)


def within(peer, avatar, size, most):
    """The JPEG of the highest quality that takes at most so many bytes."""
    low, high, best = 1, 100, None
    while low <= high:
        quality = (low + high) // 2
        length, pixels = render(peer, avatar, size, "jpeg", quality)
        if length <= most:
            low, best = quality + 1, (quality, length, pixels)
        else:
            high = quality - 1
    return best or (0, length, pixels)


def scores(pixels, wanted):
    return {
        "psnr": round(float(psnr(pixels, wanted)), 2),
        "ssimulacra2": round(ssimulacra2(pixels, wanted), 2),
        "delta_e": round(delta_e(pixels, wanted), 3),
    }


def measure(peers, path, avatar):
    for peer in peers.values():
        peer.load(path)
    for size, wanted in references(path):
        most, _ = render(peers["roundel"], avatar, size, "jpeg", QUALITY)
        for name, peer in peers.items():
            record = {"photo": label(path), "size": size, "tool": name, "version": peer.version}
            _, pixels = render(peer, avatar, size, "png", QUALITY)
            yield record | {"stage": "pixels"} | scores(pixels, wanted)
            quality, length, pixels = within(peer, avatar, size, most)
            encoded = {"stage": "equal bytes", "quality": quality, "bytes": length}
            yield record | encoded | scores(pixels, wanted)


def main():
    results, *given = sys.argv[1:]
    peers = {name: Peer(name) for name in PEERS}
    records = []
    with tempfile.TemporaryDirectory() as folder:
        for path in photos(given):
            print(f"comparing {path.name} as {label(path)}", file=sys.stderr, flush=True)
            records += measure(peers, path, Path(folder) / "avatar")
    lines = ",\n".join(json.dumps(record) for record in records)
    (Path(results) / "fidelity.json").write_text(f"[\n{lines}\n]\n")


if __name__ == "__main__":
    main()
