"""The programs of the page about Pillow, as the page shows them: both make the same avatars."""

import runpy
import unittest
from io import BytesIO
from pathlib import Path

from PIL import Image, ImageChops, ImageStat

SITE = Path(__file__).resolve().parents[2]
PHOTO = (SITE / "../../examples/photos/astronaut.jpg").resolve().read_bytes()
ORIENTATION = 0x0112


def avatars(name):
    program = runpy.run_path(str(SITE / "migrate" / "pillow" / name))
    return [Image.open(BytesIO(file)) for file in program["avatars"](PHOTO)]


def difference(first, second):
    """The mean difference of the samples."""
    return sum(ImageStat.Stat(ImageChops.difference(first, second)).mean) / 3


class PillowTest(unittest.TestCase):
    def test_the_photo_has_an_orientation_so_that_its_removal_shows(self):
        self.assertEqual(Image.open(BytesIO(PHOTO)).getexif()[ORIENTATION], 6)

    def test_pillow_and_roundel_make_the_same_avatars(self):
        pairs = list(zip(avatars("before.py"), avatars("after.py")))
        self.assertEqual(len(pairs), 2)
        for before, after in pairs:
            self.assertEqual(before.size, after.size)
            self.assertEqual({before.format, after.format}, {"JPEG"})
            for image in (before, after):
                self.assertEqual(dict(image.getexif()), {})
                self.assertNotIn("icc_profile", image.info)
            upright, *turned = (difference(before, after.rotate(angle)) for angle in (0, 90, 180, 270))
            self.assertLess(upright, min(turned) / 3)


if __name__ == "__main__":
    unittest.main()
