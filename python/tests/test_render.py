"""``render`` and ``probe``: accepted photos and their results."""

from __future__ import annotations

import hashlib
import io
import multiprocessing
import os
import pickle
import sys
import threading
import warnings
from pathlib import Path
from typing import Any, Callable

import numpy
import PIL.Image
import pytest
import roundel


def test_a_photo_gives_avatars_of_the_exact_size(astronaut: bytes) -> None:
    rendered = roundel.render(astronaut, sizes=[64, (30, 20)], formats="png")
    assert [avatar.size for avatar in rendered.avatars] == [(64, 64), (30, 20)]
    assert rendered.source == roundel.probe(astronaut)
    assert rendered.source.format == "jpeg" and rendered.source.orientation == 6
    assert rendered.source.size == rendered.source.upright_size == (512, 512)
    assert rendered.avatars[0].crop == (0, 0, 512, 512)
    assert 5 <= len(rendered.placeholder.thumbhash) <= 37
    assert len(rendered.placeholder.color) == 6
    assert list(rendered.milliseconds) == ["plan", "decode", "resize", "encode"]
    for avatar in rendered.avatars:
        assert avatar.digest == hashlib.sha256(avatar.bytes).hexdigest()
        assert avatar.to_pil().size == avatar.size
        assert avatar.to_numpy().shape == (avatar.size[1], avatar.size[0], 3)


def test_a_crop_follows_faces_and_reports_them(astronaut: bytes) -> None:
    rendered = roundel.render(astronaut, sizes=[(40, 120)], crop="face")
    (face,) = rendered.faces
    x, y, width, height = face.rect
    left, top, shown_width, shown_height = rendered.avatars[0].crop
    assert left < x and x + width < left + shown_width
    assert top < y and y + height < top + shown_height
    assert 0.68 <= face.score <= 1
    assert roundel.render(astronaut).faces == ()


def test_every_kind_of_file_object_gives_the_same(astronaut: bytes, astronaut_path: Path) -> None:
    expected = roundel.render(astronaut)
    reversed_twice = memoryview(astronaut[::-1])[::-1]
    with open(astronaut_path, "rb") as file, open(astronaut_path, "rb", buffering=0) as raw:
        for source in (
            bytearray(astronaut),
            memoryview(astronaut),
            memoryview(bytearray(astronaut)),
            reversed_twice,
            astronaut_path,
            str(astronaut_path),
            io.BytesIO(astronaut),
            file,
            raw,
        ):
            assert roundel.render(source) == expected, type(source)


def test_a_pipe_is_read_to_its_end(astronaut: bytes) -> None:
    ours, theirs = os.pipe()
    writer = threading.Thread(target=lambda: (os.write(theirs, astronaut), os.close(theirs)))
    writer.start()
    with open(ours, "rb", buffering=0) as pipe:
        assert roundel.render(pipe) == roundel.render(astronaut)
    writer.join()


def test_arrays_and_images_are_rendered_as_srgb_pixels() -> None:
    array = numpy.random.default_rng(1).integers(0, 256, (60, 80, 4), "uint8")
    from_array = roundel.render(array, sizes=[(40, 30)], formats="png")
    assert from_array.source.format == "pixels" and from_array.source.alpha
    assert list(from_array.milliseconds) == ["plan", "decode", "resize", "encode"]
    assert from_array == roundel.render(PIL.Image.fromarray(array), sizes=[(40, 30)], formats="png")
    same = roundel.render(array[..., :3], sizes=[(80, 60)], formats="png").avatars[0].to_numpy()
    assert (same == array[..., :3]).all()


def test_the_strides_of_an_array_are_respected() -> None:
    array = numpy.random.default_rng(2).integers(0, 256, (40, 40, 3), "uint8")
    flipped = array[::-1, :, ::-1]
    assert roundel.render(flipped) == roundel.render(flipped.copy())


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "CMYK", "I;16", "RGBa"])
def test_images_of_every_mode_are_accepted(mode: str) -> None:
    image = PIL.Image.new("RGBA" if mode == "RGBa" else "L", (20, 10)).convert(mode)
    assert roundel.probe(image).size == (20, 10)
    assert roundel.probe(image).alpha == (mode in ("LA", "RGBa"))


def test_the_orientation_of_a_pil_image_is_applied(astronaut: bytes) -> None:
    file = roundel.render(astronaut, sizes=512).avatars[0].to_numpy().astype(int)
    image = PIL.Image.open(io.BytesIO(astronaut))
    opened = roundel.render(image, sizes=512).avatars[0].to_numpy().astype(int)
    assert abs(file - opened).mean() < 2


@pytest.mark.parametrize(
    "source",
    [None, 5, object(), io.StringIO("x"), numpy.zeros((4, 4)), numpy.zeros((4, 4, 2), "uint8")],
)
def test_an_object_of_another_type_raises_type_error(source: Any) -> None:
    with pytest.raises(TypeError, match="bytes|shape"):
        roundel.render(source)


def test_an_asynchronous_file_raises_type_error() -> None:
    class Upload:
        async def read(self, size: int) -> bytes:
            return b""

    with pytest.raises(TypeError, match="coroutine"):
        roundel.render(Upload())  # type: ignore[arg-type]


def test_a_file_is_not_read_beyond_its_limit(tmp_path: Path) -> None:
    class Endless:
        count = 0

        def read(self, size: int) -> bytes:
            self.count += size
            return bytes(size)

    endless = Endless()
    with pytest.raises(roundel.LimitExceeded) as refused:
        roundel.render(endless, limits={"input_bytes": 1000})
    assert (refused.value.limit, refused.value.wanted, endless.count) == ("input_bytes", 1001, 1001)
    sparse = tmp_path / "sparse"
    with open(sparse, "wb") as file:
        file.truncate(1 << 40)
    with pytest.raises(roundel.LimitExceeded):
        roundel.render(sparse)


def test_bytes_are_not_copied(jpeg_of: Callable[..., bytes]) -> None:
    import tracemalloc

    photo = jpeg_of(64, 64) + bytes(20_000_000)
    tracemalloc.start()
    roundel.render(photo, sizes=16)
    roundel.render(memoryview(photo), sizes=16)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 1_000_000


def test_other_threads_run_while_a_photo_is_rendered(jpeg_of: Callable[..., bytes]) -> None:
    photo = jpeg_of(4000, 3000)
    ticks, done = 0, threading.Event()
    worker = threading.Thread(target=lambda: (roundel.render(photo), done.set()))
    interval = sys.getswitchinterval()
    # If the render held the GIL, no tick would come before it is done.
    sys.setswitchinterval(1e-4)
    worker.start()
    while not done.is_set():
        ticks += 1
        done.wait(0.001)
    worker.join()
    sys.setswitchinterval(interval)
    assert ticks > 3


@pytest.mark.skipif(sys.platform != "linux", reason="other systems do not fork by default")
def test_a_forked_process_renders_without_the_threads_of_its_parent(astronaut: bytes) -> None:
    roundel.render(astronaut, sizes=[64, 32])
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        child = multiprocessing.get_context("fork").Process(
            target=roundel.render, args=(astronaut,), kwargs={"sizes": [64, 32]}
        )
        child.start()
    child.join(60)
    child.kill()
    assert child.exitcode == 0


def test_results_can_be_compared_hashed_and_pickled(astronaut: bytes) -> None:
    one, two = (roundel.render(astronaut, sizes=32) for _ in range(2))
    assert one == two and one.avatars[0] == pickle.loads(pickle.dumps(two)).avatars[0]
    assert hash(one.avatars[0]) == hash(two.avatars[0])
    assert "bytes" not in repr(one) and "(32, 32)" in repr(one)


def test_save_replaces_the_file_and_leaves_no_temporary_file(astronaut: bytes, tmp_path: Path) -> None:
    avatar = roundel.render(astronaut, sizes=32).avatars[0]
    target = tmp_path / f"me.{avatar.extension}"
    target.write_bytes(b"old")
    assert avatar.save(str(target)) == target
    assert target.read_bytes() == avatar.bytes and os.listdir(tmp_path) == ["me.jpg"]
    with pytest.raises(OSError):
        avatar.save(tmp_path / "gone" / "me.jpg")
    (tmp_path / "folder").mkdir()
    with pytest.raises(OSError):
        avatar.save(tmp_path / "folder")
    assert sorted(os.listdir(tmp_path)) == ["folder", "me.jpg"]


def test_a_notebook_shows_avatars(astronaut: bytes) -> None:
    png = roundel.render(astronaut, sizes=[8, 9], formats="png")
    assert png.avatars[0]._repr_png_() == png.avatars[0].bytes
    assert png._repr_html_().count('src="data:image/png;base64,') == 2
    jpeg = roundel.render(astronaut, sizes=8).avatars[0]
    assert jpeg._repr_png_() is None and 'width="8"' in jpeg._repr_html_()
    assert jpeg.media_type == "image/jpeg"


def test_the_doctests_pass() -> None:
    import doctest
    import importlib

    result = doctest.testmod(importlib.import_module("roundel._render"))
    assert result.attempted > 0 and result.failed == 0


def two_frames() -> bytes:
    frames = [PIL.Image.new("RGB", (40, 30), "white"), PIL.Image.effect_noise((40, 30), 90)]
    file = io.BytesIO()
    frames[0].save(file, "gif", save_all=True, append_images=frames[1:])
    return file.getvalue()


def test_a_frame_of_an_animation_is_chosen_by_name_or_number() -> None:
    animation = two_frames()
    first, second = (roundel.render(animation, frame=number) for number in (0, 1))
    assert roundel.render(animation, frame="first") == roundel.render(animation) == first
    assert roundel.render(animation, frame="poster") == second != first
    with pytest.raises(roundel.InvalidOptions, match="has 2 frames"):
        roundel.render(animation, frame=2)
    with pytest.raises(roundel.InvalidOptions, match="expected first, poster"):
        roundel.render(animation, frame="last")  # type: ignore[arg-type]


@pytest.mark.parametrize("lossless", [False, True])
def test_an_animation_is_kept(lossless: bool) -> None:
    options: roundel.Options = {"formats": ["webp", "png"], "lossless": lossless, "sizes": 20}
    rendered = roundel.render(two_frames(), animated=True, **options)
    webp, png = rendered.avatars
    assert (webp.frames, webp.duration_ms) == (2, 200) and (png.frames, png.duration_ms) == (1, 0)
    with PIL.Image.open(io.BytesIO(webp.bytes)) as image:
        assert image.format == "WEBP" and image.n_frames == 2 and image.size == (20, 20)
    assert png == roundel.render(two_frames(), **options).avatars[1]
    with pytest.raises(roundel.LimitExceeded) as refused:
        roundel.render(two_frames(), animated=True, limits={"duration_ms": 199}, **options)
    assert refused.value.limit == "duration_ms"


def test_the_share_that_is_missing_is_reported(astronaut: bytes) -> None:
    assert roundel.render(astronaut).decoded.missing == 0
    half = astronaut[: len(astronaut) // 2]
    with pytest.raises(roundel.Malformed):
        roundel.render(half)
    decoded = roundel.render(half, accept_damaged=True).decoded
    assert decoded.damaged and 0.2 < decoded.missing < 0.8


def test_every_size_comes_in_every_format(astronaut: Path) -> None:
    rendered = roundel.render(astronaut, sizes=[64, 32], formats=["webp", "jpeg"])
    made = [(avatar.size[0], avatar.extension) for avatar in rendered.avatars]
    assert made == [(64, "webp"), (64, "jpg"), (32, "webp"), (32, "jpg")]
    lossless = roundel.render(astronaut, sizes=64, formats="webp", lossless=True).avatars[0]
    assert len(lossless.bytes) > 2 * len(rendered.avatars[0].bytes)
    small = roundel.render(astronaut, sizes=64, effort="small", max_bytes=1200).avatars[0]
    assert len(small.bytes) <= 1200
