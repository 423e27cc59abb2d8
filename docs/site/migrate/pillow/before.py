from io import BytesIO

from PIL import Image, ImageOps


def avatars(photo):
    image = ImageOps.exif_transpose(Image.open(BytesIO(photo))).convert("RGB")
    files = []
    for size in (256, 64):
        file = BytesIO()
        ImageOps.fit(image, (size, size), Image.Resampling.LANCZOS).save(file, "JPEG", quality=80)
        files.append(file.getvalue())
    return files
