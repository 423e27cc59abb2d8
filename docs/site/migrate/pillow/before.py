from io import BytesIO

from PIL import Image, ImageOps


def avatars(photo):
    image = Image.open(BytesIO(photo))
    image = ImageOps.exif_transpose(image).convert("RGB")
    files = []
    for size in (256, 64):
        avatar = ImageOps.fit(image, (size, size))
        file = BytesIO()
        avatar.save(file, "JPEG", quality=80)
        files.append(file.getvalue())
    return files
