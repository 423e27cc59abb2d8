"""The graphics of the study, drawn at any size, and the photo that ships."""

from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw, ImageFont, ImageOps

PHOTO = Path(__file__).resolve().parents[3] / "examples/photos/astronaut.jpg"
NAVY, SKIN = (16, 28, 74), (244, 196, 152)
FINER = 4

FACE = """
................ .....######..... ...##oooooo##... ..#oooooooooo#.. .#oooooooooooo#. .#ooo##oo##ooo#.
#oooo##oo##oooo# #oooooooooooooo# #oooooooooooooo# #ooo#oooooo#ooo# #oooo######oooo# .#oooooooooooo#.
.#oooooooooooo#. ..##oooooooo##.. ....########.... ................
""".split()


def drawn(side, ground, draw):
    """`draw` on a canvas of side 1, with soft edges."""
    fine = side * FINER
    image = Image.new("RGB", (fine, fine), ground)
    draw(ImageDraw.Draw(image), fine)
    return image.resize((side, side), Image.Resampling.BOX)


def words(canvas, side, text, size, ink, middle=0.5):
    font = ImageFont.load_default(size * side)
    canvas.text((side / 2, side * middle), text, ink, font, anchor="mm")


def initials(side):
    return drawn(side, NAVY, lambda canvas, n: words(canvas, n, "RL", 0.5, "white"))


def letters(side):
    return drawn(side, "black", lambda canvas, n: words(canvas, n, "AMX", 0.38, "white"))


def logo(side):
    def draw(canvas, n):
        for radius, ink in ((0.44, "#d02030"), (0.32, "white"), (0.2, "#1040a0"), (0.08, "white")):
            canvas.ellipse([n * (0.5 - radius)] * 2 + [n * (0.5 + radius)] * 2, ink)

    return drawn(side, "white", draw)


def line_art(side):
    def draw(canvas, n):
        for ring in range(1, 12):
            radius, width = ring * n * 0.04, max(1, n // 300)
            box = [n / 2 - radius, n / 2 - radius, n / 2 + radius, n / 2 + radius]
            canvas.ellipse(box, outline="black", width=width)
        for step in range(0, 12):
            canvas.line([0, n * step / 12, n, n * (step + 3) / 12], "black", max(1, n // 300))

    return drawn(side, "white", draw)


def text(side):
    lines = "the quick brown fox\njumps over a lazy dog\nSPHINX OF QUARTZ\n0123456789 judge\nmy vow, then rest"

    def draw(canvas, n):
        for at, line in enumerate(lines.split("\n")):
            words(canvas, n, line, 0.085, "black", 0.15 + at * 0.17)

    return drawn(side, "white", draw)


def outline(side):
    """A disc in a thin dark line."""

    def draw(canvas, n):
        canvas.ellipse([n * 0.1] * 2 + [n * 0.9] * 2, SKIN, "black", n * 3 // 96)

    return drawn(side, "white", draw)


def face():
    colors = {"#": (0, 0, 0), "o": SKIN, ".": (255, 255, 255)}
    return Image.fromarray(np.array([[colors[c] for c in row] for row in FACE], np.uint8))


def photo():
    return ImageOps.exif_transpose(Image.open(PHOTO)).convert("RGB")


def portrait(side):
    return photo().crop((150, 10, 310, 170)).resize((side, side), Image.Resampling.BOX)


GRAPHICS = {
    "logo": logo, "initials": initials, "letters": letters, "line art": line_art, "text": text,
}
