"""Pillow or OpenCV on one thread: peer.py pillow|opencv. README.md describes the protocol."""

import io
import sys
import time


class Pillow:
    def __init__(self):
        from PIL import Image, ImageOps, __version__

        self.Image, self.ImageOps, self.version = Image, ImageOps, f"Pillow {__version__}"

    def render(self, photo, side, form):
        image = self.Image.open(io.BytesIO(photo))
        image.draft("RGB", (side, side))
        image = self.ImageOps.exif_transpose(image).convert("RGB")
        avatar = self.ImageOps.fit(image, (side, side), self.Image.Resampling.LANCZOS)
        out = io.BytesIO()
        avatar.save(out, form, quality=80)
        return out.getvalue()


class OpenCV:
    def __init__(self):
        import cv2
        import numpy

        cv2.setNumThreads(1)
        self.cv2, self.numpy, self.version = cv2, numpy, f"OpenCV {cv2.__version__}"

    def render(self, photo, side, form):
        cv2 = self.cv2
        image = cv2.imdecode(self.numpy.frombuffer(photo, self.numpy.uint8), self.reduction(photo, side))
        height, width = image.shape[:2]
        crop = min(height, width)
        top, left = (height - crop) // 2, (width - crop) // 2
        square = image[top : top + crop, left : left + crop]
        avatar = cv2.resize(square, (side, side), interpolation=cv2.INTER_AREA)
        extension, quality = (".png", []) if form == "png" else (".jpg", [cv2.IMWRITE_JPEG_QUALITY, 80])
        return cv2.imencode(extension, avatar, quality)[1].tobytes()

    def reduction(self, photo, side):
        """The smallest decode that still has `side` pixels. Pillow reads the size, since OpenCV cannot."""
        from PIL import Image

        shrink = min(Image.open(io.BytesIO(photo)).size) // side
        for factor in (8, 4, 2):
            if shrink >= factor:
                return getattr(self.cv2, f"IMREAD_REDUCED_COLOR_{factor}")
        return self.cv2.IMREAD_COLOR


def answer(peer, state, verb, *words):
    if verb == "version":
        return peer.version
    if verb == "load":
        with open(words[0], "rb") as file:
            state["photo"] = file.read()
    if verb == "save":
        with open(words[0], "wb") as file:
            file.write(state["avatar"])
    if verb == "render":
        start = time.perf_counter()
        for side in map(int, words[0].split(",")):
            state["avatar"] = peer.render(state["photo"], side, words[1])
        return (time.perf_counter() - start) * 1000
    return "ok"


if __name__ == "__main__":
    chosen, state = {"pillow": Pillow, "opencv": OpenCV}[sys.argv[1]](), {}
    for line in sys.stdin:
        try:
            print(answer(chosen, state, *line.rstrip("\n").split("\t")), flush=True)
        except Exception as error:
            print("error", str(error).replace("\n", " "), flush=True)
