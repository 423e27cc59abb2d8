"""A full-precision avatar of a photo, and how far others are from it."""

import io

import numpy as np
from PIL import Image, ImageCms, ImageOps

SIZES = (512, 256, 128, 64)

Image.MAX_IMAGE_PIXELS = None


def upright_srgb(path):
    """The photo decoded in full (libjpeg-turbo, accurate IDCT, fancy upsampling, by Pillow), upright,
    in sRGB; and its alpha, or None."""
    image = Image.open(path)
    profile = image.info.get("icc_profile")
    image = ImageOps.exif_transpose(image)
    alpha = None
    if image.has_transparency_data:
        alpha = np.asarray(image.convert("RGBA"))[..., 3]
    image = image.convert("RGB")
    if profile:
        source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
        intent = ImageCms.Intent.RELATIVE_COLORIMETRIC
        image = ImageCms.profileToProfile(image, source, ImageCms.createProfile("sRGB"), intent)
    return np.asarray(image), alpha


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


def on_white(pixels, alpha):
    """Linear light of some rows, on white where they are transparent."""
    light = LINEAR[pixels]
    if alpha is None:
        return light
    share = alpha[..., None] / 255
    return light * share + (1 - share)


def references(path, sizes=SIZES):
    """Yields each size and its reference: the central square with exact (half) edges, resized by
    Lanczos3 in linear light at double precision. Float samples from 0 to 255."""
    pixels, alpha = upright_srgb(path)
    height, width, _ = pixels.shape
    side = min(height, width)
    across = np.vstack([lanczos3(width, (width - side) / 2, side, size) for size in sizes])
    # Horizontally in bands of rows, which saves memory; then vertically.
    bands = []
    for y in range(0, height, 128):
        rows = slice(y, y + 128)
        light = on_white(pixels[rows], None if alpha is None else alpha[rows])
        bands.append(np.einsum("xw,ywc->yxc", across, light, optimize=True))
    reduced, left = np.concatenate(bands), 0
    for size in sizes:
        down = lanczos3(height, (height - side) / 2, side, size)
        part = reduced[:, left : left + size]
        left += size
        yield size, encoded(np.einsum("yh,hxc->yxc", down, part, optimize=True))


def psnr(found, wanted):
    return 10 * np.log10(255**2 / np.mean((found - wanted) ** 2))


def ssimulacra2(found, wanted):
    """100 is equal; 90 cannot be told apart from it; 70 is high quality."""
    from ssimulacra2 import compute_ssimulacra2

    files = []
    for pixels in (wanted, found):
        # It leaves scales of pictures under 256 px out, so these are mirrored until they are as large.
        missing = max(0, 256 - pixels.shape[0])
        pixels = np.pad(pixels, ((0, missing), (0, missing), (0, 0)), "symmetric")
        file = io.BytesIO()
        Image.fromarray(np.rint(pixels).clip(0, 255).astype("uint8")).save(file, "png")
        file.seek(0)
        files.append(file)
    return float(compute_ssimulacra2(*files))
