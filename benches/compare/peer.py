"""A library of Python, or a program: peer.py LIBRARY, a key of LIBRARIES.

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
    """The steps of `Image.thumbnail`, with its defaults, since it cannot crop: libjpeg reduces while it decodes
    (`draft`), to twice the avatar or more, and the rest is resized in two steps (`reducing_gap`).

    One decode for all sizes. Orientation, white and profile are applied to the avatar, which is smaller.
    """

    drafted, gap, kernel = 2, 2.0, "BICUBIC"

    def __init__(self):
        from PIL import Image, ImageCms, ImageOps, __version__

        Image.MAX_IMAGE_PIXELS = None
        self.Image, self.ImageCms, self.ImageOps = Image, ImageCms, ImageOps
        self.filter, self.srgb = Image.Resampling[self.kernel], ImageCms.createProfile("sRGB")
        self.version = f"Pillow {__version__}"

    def open(self, photo, largest):
        image = self.Image.open(io.BytesIO(photo))
        self.profile = image.info.get("icc_profile")
        wanted = self.drafted and image.draft(None, (largest * self.drafted,) * 2)
        width, height = wanted[1][2:] if wanted else image.size
        crop = min(width, height)
        left, top = (width - crop) / 2, (height - crop) / 2
        self.image, self.square = self.resizable(image), (left, top, left + crop, top + crop)

    def render(self, side, form, quality):
        avatar = self.image.resize((side, side), self.filter, self.square, self.gap)
        self.ImageOps.exif_transpose(avatar, in_place=True)
        avatar = self.in_srgb(self.flattened(avatar))
        out = io.BytesIO()
        avatar.save(out, form, quality=quality)
        return out.getvalue()

    def resizable(self, image):
        """Palettes cannot be resized. A profile of gray or CMYK needs the samples as they are."""
        if image.has_transparency_data:
            return image if image.mode == "RGBA" else image.convert("RGBA")
        return image if image.mode in ("RGB", "L", "CMYK") else image.convert("RGB")

    def flattened(self, avatar):
        """On white, if it is transparent."""
        if avatar.mode != "RGBA":
            return avatar
        white = self.Image.new("RGB", avatar.size, "white")
        white.paste(avatar, None, avatar)
        return white

    def in_srgb(self, avatar):
        if not self.profile:
            return avatar.convert("RGB") if avatar.mode == "CMYK" else avatar
        source, intent = io.BytesIO(self.profile), self.ImageCms.Intent.RELATIVE_COLORIMETRIC
        return self.ImageCms.profileToProfile(avatar, source, self.srgb, intent, "RGB")


class PillowDraft(Pillow):
    """Pillow's fastest way: libjpeg reduces as far as the avatar allows."""

    drafted, gap, kernel = 1, None, "LANCZOS"


class PillowFull(Pillow):
    """Pillow's most precise way: a full decode, resized in one step, as `ImageOps.fit` does."""

    drafted, gap, kernel = None, None, "LANCZOS"


class OpenCV:
    """Decodes once for all sizes. OpenCV converts no profiles."""

    def __init__(self):
        import cv2
        import numpy
        from PIL import Image

        if ONE_THREAD:
            cv2.setNumThreads(1)
        self.cv2, self.numpy, self.version = cv2, numpy, f"OpenCV {cv2.__version__}"
        # It reads the header, since OpenCV cannot.
        self.header = Image.open

    def open(self, photo, largest):
        bytes_of = self.numpy.frombuffer(photo, self.numpy.uint8)
        image = self.cv2.imdecode(bytes_of, self.flag(photo, largest))
        height, width, channels = image.shape
        crop = min(height, width)
        top, left = (height - crop) // 2, (width - crop) // 2
        self.square = image[top : top + crop, left : left + crop]
        if channels == 4:
            # Premultiplied, so that the color of transparent pixels does not count.
            self.square = self.cv2.cvtColor(self.square, self.cv2.COLOR_RGBA2mRGBA)

    def render(self, side, form, quality):
        cv2 = self.cv2
        avatar = self.flattened(cv2.resize(self.square, (side, side), interpolation=cv2.INTER_AREA))
        jpeg = (".jpg", [cv2.IMWRITE_JPEG_QUALITY, quality])
        extension, options = (".png", []) if form == "png" else jpeg
        return cv2.imencode(extension, avatar, options)[1].tobytes()

    def flattened(self, avatar):
        """On white, if it is transparent (and premultiplied)."""
        if avatar.shape[2] == 3:
            return avatar
        *colors, alpha = self.cv2.split(avatar)
        missing = self.cv2.bitwise_not(alpha)
        return self.cv2.add(self.cv2.merge(colors), self.cv2.merge([missing] * 3))

    def flag(self, photo, side):
        """The smallest decode that still has `side` pixels. Only a full decode keeps alpha."""
        header = self.header(io.BytesIO(photo))
        if header.has_transparency_data:
            return self.cv2.IMREAD_UNCHANGED
        shrink = min(header.size) // side
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
        options = {"height": side, "crop": "centre", "output_profile": "srgb"}
        image = self.pyvips.Image.thumbnail_buffer(self.photo, side, **options)
        if image.hasalpha():
            image = image.flatten(background=255)
        if form == "png":
            return image.pngsave_buffer(keep="none")
        return image.jpegsave_buffer(Q=quality, keep="none")


class Vipsthumbnail:
    """A process for each avatar, which reads and writes a file, as in a shell script."""

    def __init__(self):
        from PIL import Image

        self.header = Image.open
        named = subprocess.check_output(["vipsthumbnail", "--version"], text=True)
        self.version = f"vipsthumbnail {named.split('-')[1].strip()}"
        self.folder = tempfile.TemporaryDirectory()
        self.source, self.photo = Path(self.folder.name) / "photo", None

    def open(self, photo, largest):
        """The file is written once for each photo, as if it had been uploaded to a disk."""
        if photo is not self.photo:
            self.source.write_bytes(photo)
            self.photo = photo
            # Only for photos with a profile: libvips 8.14 is less precise with it on others.
            has_profile = "icc_profile" in self.header(io.BytesIO(photo)).info
            self.profile = ["--export-profile", "srgb"] if has_profile else []

    def render(self, side, form, quality):
        source, out = self.source, Path(self.folder.name) / f"avatar.{form}"
        saver = f"{out}[strip]" if form == "png" else f"{out}[Q={quality},strip,background=255]"
        options = ["--size", f"{side}x{side}", "--smartcrop", "centre"]
        command = ["vipsthumbnail", source, *options, *self.profile, "-o", saver]
        subprocess.run(command, check=True, capture_output=True)
        return out.read_bytes()


LIBRARIES = {
    "pillow": Pillow,
    "pillow-draft": PillowDraft,
    "pillow-full": PillowFull,
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
