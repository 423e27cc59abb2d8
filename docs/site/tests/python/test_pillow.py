"""The programs of the page about Pillow, as the page shows them: both make the same avatars."""

import runpy
import unittest
from io import BytesIO
from pathlib import Path

from PIL import Image, ImageChops, ImageStat

SITE = Path(__file__).resolve().parents[2]
PHOTO = (SITE / "../../examples/photos/astronaut.jpg").resolve().read_bytes()
ORIENTATION = 0x0112

#: A mean difference that resizers and encoders have, in levels of 255. A picture that is turned has more than 30.
ALIKE = 6


def avatars(name):
    program = runpy.run_path(str(SITE / "migrate" / "pillow" / name))
    return [Image.open(BytesIO(file)) for file in program["avatars"](PHOTO)]


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
            difference = ImageChops.difference(before.convert("RGB"), after.convert("RGB"))
            self.assertLess(max(ImageStat.Stat(difference).mean), ALIKE)


if __name__ == "__main__":
    unittest.main()
