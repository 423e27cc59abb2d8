"""Many photos: in order, in bounded memory, stoppable."""

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


def test_results_come_in_the_order_of_their_sources(jpeg_of: Callable[..., bytes]) -> None:
    photos = [jpeg_of(side, side + 1) for side in (1500, 16, 700, 17, 18, 1200, 19)]
    expected = [roundel.render(photo, sizes=24) for photo in photos]
    for threads in (None, 1, 2, 5):
        assert list(roundel.render_many(photos, sizes=24, threads=threads)) == expected


def test_sources_are_drawn_only_a_little_ahead(astronaut: bytes) -> None:
    drawn = 0

    def endless() -> Iterator[bytes]:
        nonlocal drawn
        while True:
            drawn += 1
            yield astronaut

    results = roundel.render_many(endless(), threads=2, sizes=8)
    assert drawn == 0
    for taken in range(1, 6):
        next(results)
        assert drawn <= taken + 4
    results.close()  # type: ignore[attr-defined]


def test_an_array_may_be_overwritten_once_the_next_is_drawn() -> None:
    def camera() -> Iterator[numpy.ndarray]:
        frame = numpy.zeros((50, 50, 3), "uint8")
        for shade in range(20):
            frame[:] = shade * 10
            yield frame

    shades = [
        rendered.avatars[0].to_numpy()[0, 0, 0]
        for rendered in roundel.render_many(camera(), threads=3, sizes=4, format="png")
    ]
    assert shades == [shade * 10 for shade in range(20)]


def test_failures_are_raised_in_order_or_kept_in_place(astronaut: bytes) -> None:
    sources = [astronaut, b"", "no/such/photo", b"%PDF", astronaut]
    kept = list(roundel.render_many(sources, on_error="return", sizes=8))
    assert [type(result).__name__ for result in kept] == [
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


def test_wrong_arguments_are_refused_before_a_photo_is_drawn() -> None:
    def untouched() -> Iterator[bytes]:
        raise AssertionError("drawn")
        yield b""

    with pytest.raises(roundel.InvalidOptions):
        roundel.render_many(untouched(), quality=0)
    with pytest.raises(ValueError):
        roundel.render_many(untouched(), threads=0)
    with pytest.raises(ValueError):
        roundel.render_many(untouched(), on_error="ignore")  # type: ignore[call-overload]


def test_a_wrong_source_is_the_callers_fault_even_if_errors_are_kept() -> None:
    with pytest.raises(TypeError):
        list(roundel.render_many([None], on_error="return"))  # type: ignore[list-item]


def test_progress_shows_a_bar(astronaut: bytes, capsys: pytest.CaptureFixture[str]) -> None:
    assert len(list(roundel.render_many([astronaut] * 3, progress=True, sizes=8))) == 3
    assert "3/3" in capsys.readouterr().err


CTRL_C = """
import signal, sys, roundel
# A job in the background inherits a SIGINT that is ignored.
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


def test_ctrl_c_stops_it_promptly(jpeg_of: Callable[..., bytes], tmp_path: Path) -> None:
    photo = tmp_path / "photo.jpg"
    photo.write_bytes(jpeg_of(4000, 3000))
    command = [sys.executable, "-c", CTRL_C, str(photo)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as run:
        assert run.stdout is not None and run.stdout.readline() == "ready\n"
        time.sleep(0.2)
        since = time.monotonic()
        run.send_signal(signal.SIGINT)
        try:
            assert run.wait(20) == 42
        finally:
            run.kill()
        assert time.monotonic() - since < 5
