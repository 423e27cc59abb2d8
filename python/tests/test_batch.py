"""``render_many``: order, bounded memory, errors, Ctrl-C."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Callable, Iterator

import numpy
import pytest
import roundel


def test_results_are_in_the_order_of_the_sources(jpeg_of: Callable[..., bytes]) -> None:
    photos = [jpeg_of(side, side + 1) for side in (1500, 16, 700, 17, 18, 1200, 19)]
    expected = [roundel.render(photo, sizes=24) for photo in photos]
    for threads in (None, 1, 2, 5):
        assert list(roundel.render_many(photos, sizes=24, threads=threads)) == expected


def test_sources_are_read_at_most_two_ahead_per_thread(astronaut: bytes) -> None:
    count = 0

    def endless() -> Iterator[bytes]:
        nonlocal count
        while True:
            count += 1
            yield astronaut

    results = roundel.render_many(endless(), threads=2, sizes=8)
    assert count == 0
    for consumed in range(1, 6):
        next(results)
        assert count <= consumed + 4
    results.close()  # type: ignore[attr-defined]


def test_an_array_may_be_overwritten_by_the_next_photo() -> None:
    def camera() -> Iterator[numpy.ndarray]:
        frame = numpy.zeros((50, 50, 3), "uint8")
        for shade in range(20):
            frame[:] = shade * 10
            yield frame

    shades = [
        rendered.avatars[0].to_numpy()[0, 0, 0]
        for rendered in roundel.render_many(camera(), threads=3, sizes=4, formats="png")
    ]
    assert shades == [shade * 10 for shade in range(20)]


def test_errors_are_raised_in_order_or_returned_in_place(astronaut: bytes) -> None:
    sources = [astronaut, b"", "no/such/photo", b"%PDF", astronaut]
    returned = list(roundel.render_many(sources, on_error="return", sizes=8))
    assert [type(result).__name__ for result in returned] == [
        "Rendered",
        "Malformed",
        "FileNotFoundError",
        "Unsupported",
        "Rendered",
    ]
    results = roundel.render_many(sources, sizes=8)
    assert isinstance(next(results), roundel.Rendered)
    with pytest.raises(roundel.Malformed):
        next(results)


def test_wrong_arguments_are_refused_before_a_photo_is_read() -> None:
    def unread() -> Iterator[bytes]:
        raise AssertionError("read")
        yield b""

    with pytest.raises(roundel.InvalidOptions):
        roundel.render_many(unread(), quality=0)
    with pytest.raises(ValueError):
        roundel.render_many(unread(), threads=0)
    with pytest.raises(ValueError):
        roundel.render_many(unread(), on_error="ignore")  # type: ignore[call-overload]


def test_a_source_of_a_wrong_type_raises_even_if_errors_are_returned() -> None:
    with pytest.raises(TypeError):
        list(roundel.render_many([None], on_error="return"))  # type: ignore[list-item]


def test_progress_shows_a_progress_bar(astronaut: bytes, capsys: pytest.CaptureFixture[str]) -> None:
    assert len(list(roundel.render_many([astronaut] * 3, progress=True, sizes=8))) == 3
    assert "3/3" in capsys.readouterr().err


CTRL_C = """
import signal, sys, roundel
# A background job inherits an ignored SIGINT.
signal.signal(signal.SIGINT, signal.default_int_handler)
photo = open(sys.argv[1], "rb").read()
def endless():
    while True:
        yield photo
results = roundel.render_many(endless())
next(results)
print("ready", flush=True)
try:
    for _ in results:
        pass
except KeyboardInterrupt:
    sys.exit(42)
"""


def test_ctrl_c_stops_a_batch(jpeg_of: Callable[..., bytes], tmp_path: Path) -> None:
    photo = tmp_path / "photo.jpg"
    photo.write_bytes(jpeg_of(4000, 3000))
    command = [sys.executable, "-c", CTRL_C, str(photo)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as run:
        assert run.stdout is not None and run.stdout.readline() == "ready\n"
        time.sleep(0.2)
        run.send_signal(signal.SIGINT)
        try:
            # The source is endless, so only Ctrl-C can end it.
            assert run.wait(60) == 42
        finally:
            run.kill()
