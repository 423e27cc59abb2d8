"""A library of Python, or a program: peer.py pillow|pillow-draft|opencv|pyvips|vipsthumbnail.

README.md describes the protocol.
"""

import io
import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ONE_THREAD = os.environ.get("PEER_THREADS") == "1"


class Pillow:
    """Decodes once for all sizes."""

    draft = False

    def __init__(self):
        from PIL import Image, ImageOps, __version__

        Image.MAX_IMAGE_PIXELS = None
        self.Image, self.ImageOps, self.version = Image, ImageOps, f"Pillow {__version__}"

    def open(self, photo, largest):
        image = self.Image.open(io.BytesIO(photo))
        if self.draft:
            image.draft("RGB", (largest, largest))
        self.image = self.flattened(self.ImageOps.exif_transpose(image))

    def render(self, side, form, quality):
        avatar = self.ImageOps.fit(self.image, (side, side), self.Image.Resampling.LANCZOS)
        out = io.BytesIO()
        avatar.save(out, form, quality=quality)
        return out.getvalue()

    def flattened(self, image):
        """On white, if it is transparent."""
        if not image.has_transparency_data:
            return image.convert("RGB")
        image = image.convert("RGBA")
        white = self.Image.new("RGBA", image.size, "white")
        return self.Image.alpha_composite(white, image).convert("RGB")


class PillowDraft(Pillow):
    """libjpeg reduces while it decodes."""

    draft = True


class OpenCV:
    """Decodes once for all sizes."""

    def __init__(self):
        import cv2
        import numpy

        if ONE_THREAD:
            cv2.setNumThreads(1)
        self.cv2, self.numpy, self.version = cv2, numpy, f"OpenCV {cv2.__version__}"

    def open(self, photo, largest):
        bytes_of = self.numpy.frombuffer(photo, self.numpy.uint8)
        image = self.cv2.imdecode(bytes_of, self.reduction(photo, largest))
        height, width = image.shape[:2]
        crop = min(height, width)
        top, left = (height - crop) // 2, (width - crop) // 2
        self.square = image[top : top + crop, left : left + crop]

    def render(self, side, form, quality):
        cv2 = self.cv2
        avatar = cv2.resize(self.square, (side, side), interpolation=cv2.INTER_AREA)
        jpeg = (".jpg", [cv2.IMWRITE_JPEG_QUALITY, quality])
        extension, options = (".png", []) if form == "png" else jpeg
        return cv2.imencode(extension, avatar, options)[1].tobytes()

    def reduction(self, photo, side):
        """The smallest decode that still has `side` pixels. Pillow reads the size, since OpenCV cannot."""
        from PIL import Image

        shrink = min(Image.open(io.BytesIO(photo)).size) // side
        for factor in (8, 4, 2):
            if shrink >= factor:
                return getattr(self.cv2, f"IMREAD_REDUCED_COLOR_{factor}")
        return self.cv2.IMREAD_COLOR


class Pyvips:
    """libvips reduces while it decodes, so each size has a decode of its own."""

    def __init__(self):
        import pyvips

        pyvips.cache_set_max(0)
        vips = ".".join(str(pyvips.version(part)) for part in range(3))
        self.pyvips, self.version = pyvips, f"pyvips {pyvips.__version__} (libvips {vips})"

    def open(self, photo, largest):
        self.photo = photo

    def render(self, side, form, quality):
        image = self.pyvips.Image.thumbnail_buffer(self.photo, side, height=side, crop="centre")
        if image.hasalpha():
            image = image.flatten(background=255)
        if form == "png":
            return image.pngsave_buffer(keep="none")
        return image.jpegsave_buffer(Q=quality, keep="none")


class Vipsthumbnail:
    """A process for each avatar, which reads and writes a file, as in a shell script."""

    def __init__(self):
        named = subprocess.check_output(["vipsthumbnail", "--version"], text=True)
        self.version = f"vipsthumbnail {named.split('-')[1].strip()}"
        self.folder = tempfile.TemporaryDirectory()
        self.source, self.photo = Path(self.folder.name) / "photo", None

    def open(self, photo, largest):
        """The file is written once for each photo, as if it had been uploaded to a disk."""
        if photo is not self.photo:
            self.source.write_bytes(photo)
            self.photo = photo

    def render(self, side, form, quality):
        source, out = self.source, Path(self.folder.name) / f"avatar.{form}"
        saver = f"{out}[strip]" if form == "png" else f"{out}[Q={quality},strip,background=255]"
        command = ["vipsthumbnail", source, "--size", f"{side}x{side}", "--smartcrop", "centre", "-o", saver]
        subprocess.run(command, check=True, capture_output=True)
        return out.read_bytes()


LIBRARIES = {
    "pillow": Pillow,
    "pillow-draft": PillowDraft,
    "opencv": OpenCV,
    "pyvips": Pyvips,
    "vipsthumbnail": Vipsthumbnail,
}


def answer(peer, state, verb, *words):
    if verb == "version":
        return peer.version
    if verb == "load":
        state["photo"] = Path(words[0]).read_bytes()
    if verb == "save":
        Path(words[0]).write_bytes(state["avatar"])
    if verb == "render":
        sizes, form, _, quality = words
        start = time.perf_counter()
        sides = list(map(int, sizes.split(",")))
        peer.open(state["photo"], max(sides))
        for side in sides:
            state["avatar"] = peer.render(side, form, int(quality))
        return (time.perf_counter() - start) * 1000
    if verb == "children":
        # CPU milliseconds, and the largest peak in kB, of programs that it has run.
        used = resource.getrusage(resource.RUSAGE_CHILDREN)
        return f"{(used.ru_utime + used.ru_stime) * 1000} {used.ru_maxrss}"
    return "ok"


if __name__ == "__main__":
    chosen, state = LIBRARIES[sys.argv[1]](), {}
    for line in sys.stdin:
        try:
            print(answer(chosen, state, *line.rstrip("\n").split("\t")), flush=True)
        except Exception as error:
            print("error", str(error).replace("\n", " "), flush=True)
