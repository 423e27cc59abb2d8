"""What goes in and what comes out."""

from __future__ import annotations

import hashlib
import io
import os
import pickle
import threading
from pathlib import Path
from typing import Any, Callable

import numpy
import PIL.Image
import pytest
import roundel


def test_a_photo_becomes_exact_avatars(astronaut: bytes) -> None:
    rendered = roundel.render(astronaut, sizes=[64, (30, 20)], format="png")
    assert [avatar.size for avatar in rendered.avatars] == [(64, 64), (30, 20)]
    assert rendered.source == roundel.probe(astronaut)
    assert rendered.source.format == "jpeg" and rendered.source.orientation == 6
    assert rendered.source.size == rendered.source.upright_size == (512, 512)
    assert 5 <= len(rendered.placeholder.thumbhash) <= 37
    assert len(rendered.placeholder.color) == 6
    assert list(rendered.milliseconds) == ["plan", "decode", "resize", "encode"]
    for avatar in rendered.avatars:
        assert avatar.digest == hashlib.sha256(avatar.bytes).hexdigest()
        assert avatar.to_pil().size == avatar.size
        assert avatar.to_numpy().shape == (avatar.size[1], avatar.size[0], 3)


def test_every_way_to_hold_a_file_gives_the_same(astronaut: bytes, astronaut_path: Path) -> None:
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


def test_arrays_and_images_are_pixels_in_srgb() -> None:
    array = numpy.random.default_rng(1).integers(0, 256, (60, 80, 4), "uint8")
    from_array = roundel.render(array, sizes=[(40, 30)], format="png")
    assert from_array.source.format == "pixels" and from_array.source.alpha
    assert from_array == roundel.render(PIL.Image.fromarray(array), sizes=[(40, 30)], format="png")
    same = roundel.render(array[..., :3], sizes=[(80, 60)], format="png").avatars[0].to_numpy()
    assert (same == array[..., :3]).all()


def test_an_array_with_strides_is_read_as_it_looks() -> None:
    array = numpy.random.default_rng(2).integers(0, 256, (40, 40, 3), "uint8")
    turned = array[::-1, :, ::-1]
    assert roundel.render(turned) == roundel.render(turned.copy())


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "CMYK", "I;16", "RGBa"])
def test_images_of_every_mode_are_taken(mode: str) -> None:
    image = PIL.Image.new("RGBA" if mode == "RGBa" else "L", (20, 10)).convert(mode)
    assert roundel.probe(image).size == (20, 10)
    assert roundel.probe(image).alpha == (mode in ("LA", "RGBa"))


def test_an_opened_image_is_upright_and_in_srgb_like_its_file(astronaut: bytes) -> None:
    file = roundel.render(astronaut, sizes=512).avatars[0].to_numpy().astype(int)
    image = PIL.Image.open(io.BytesIO(astronaut))
    opened = roundel.render(image, sizes=512).avatars[0].to_numpy().astype(int)
    assert abs(file - opened).mean() < 2


@pytest.mark.parametrize(
    "source",
    [None, 5, object(), io.StringIO("x"), numpy.zeros((4, 4)), numpy.zeros((4, 4, 2), "uint8")],
)
def test_what_is_no_photo_is_a_type_error(source: Any) -> None:
    with pytest.raises(TypeError, match="bytes|shape"):
        roundel.render(source)


def test_an_asynchronous_file_is_a_type_error() -> None:
    class Upload:
        async def read(self, size: int) -> bytes:
            return b""

    with pytest.raises(TypeError, match="coroutine"):
        roundel.render(Upload())  # type: ignore[arg-type]


def test_a_file_is_not_read_beyond_its_limit(tmp_path: Path) -> None:
    class Endless:
        given = 0

        def read(self, size: int) -> bytes:
            self.given += size
            return bytes(size)

    endless = Endless()
    with pytest.raises(roundel.LimitExceeded) as refused:
        roundel.render(endless, limits={"input_bytes": 1000})
    assert (refused.value.limit, refused.value.wanted, endless.given) == ("input_bytes", 1001, 1001)
    sparse = tmp_path / "sparse"
    with open(sparse, "wb") as file:
        file.truncate(1 << 40)
    with pytest.raises(roundel.LimitExceeded):
        roundel.render(sparse)


def test_bytes_are_lent_and_not_copied(jpeg_of: Callable[..., bytes]) -> None:
    import tracemalloc

    photo = jpeg_of(64, 64) + bytes(20_000_000)
    tracemalloc.start()
    roundel.render(photo, sizes=16)
    roundel.render(memoryview(photo), sizes=16)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 1_000_000


def test_other_threads_run_while_a_photo_is_rendered(jpeg_of: Callable[..., bytes]) -> None:
    import sys

    photo = jpeg_of(4000, 3000)
    ticks, done = 0, threading.Event()
    worker = threading.Thread(target=lambda: (roundel.render(photo), done.set()))
    interval = sys.getswitchinterval()
    # With the GIL held by the render, not one tick would come before it is done.
    sys.setswitchinterval(1e-4)
    worker.start()
    while not done.is_set():
        ticks += 1
        done.wait(0.001)
    worker.join()
    sys.setswitchinterval(interval)
    assert ticks > 3


def test_results_compare_hash_and_pickle(astronaut: bytes) -> None:
    one, two = (roundel.render(astronaut, sizes=32) for _ in range(2))
    assert one == two and one.avatars[0] == pickle.loads(pickle.dumps(two)).avatars[0]
    assert hash(one.avatars[0]) == hash(two.avatars[0])
    assert "bytes" not in repr(one) and "(32, 32)" in repr(one)


def test_saving_replaces_and_leaves_nothing_else(astronaut: bytes, tmp_path: Path) -> None:
    avatar = roundel.render(astronaut, sizes=32).avatars[0]
    place = tmp_path / f"me.{avatar.extension}"
    place.write_bytes(b"old")
    assert avatar.save(str(place)) == place
    assert place.read_bytes() == avatar.bytes and os.listdir(tmp_path) == ["me.jpg"]
    with pytest.raises(OSError):
        avatar.save(tmp_path / "gone" / "me.jpg")
    (tmp_path / "folder").mkdir()
    with pytest.raises(OSError):
        avatar.save(tmp_path / "folder")
    assert sorted(os.listdir(tmp_path)) == ["folder", "me.jpg"]


def test_a_notebook_shows_avatars(astronaut: bytes) -> None:
    png = roundel.render(astronaut, sizes=[8, 9], format="png")
    assert png.avatars[0]._repr_png_() == png.avatars[0].bytes
    assert png._repr_html_().count('src="data:image/png;base64,') == 2
    jpeg = roundel.render(astronaut, sizes=8).avatars[0]
    assert jpeg._repr_png_() is None and 'width="8"' in jpeg._repr_html_()
    assert jpeg.media_type == "image/jpeg"


def test_doctests_hold() -> None:
    import doctest
    import importlib

    result = doctest.testmod(importlib.import_module("roundel._render"))
    assert result.attempted > 0 and result.failed == 0
