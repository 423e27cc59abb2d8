"""Every refusal is an exception with a stable code, and nothing else comes out."""

from __future__ import annotations

import pickle
import subprocess
import sys
from typing import Any

import pytest
import roundel
from roundel import _native


@pytest.mark.parametrize(
    ("photo", "kind", "code"),
    [
        (b"", roundel.Malformed, "malformed"),
        (b"\xff\xd8\xff\xe0 cut", roundel.Malformed, "malformed"),
        (b"%PDF-1.7", roundel.Unsupported, "unsupported"),
        (b"not a photo", roundel.Unsupported, "unsupported"),
    ],
)
def test_a_photo_is_refused_by_kind(photo: bytes, kind: type, code: str) -> None:
    for call in (roundel.render, roundel.probe):
        with pytest.raises(kind) as refused:
            call(photo)
        assert refused.value.code == code and str(refused.value)
        assert isinstance(refused.value, (roundel.Error, ValueError))


def test_a_bomb_names_its_limit(bomb: bytes) -> None:
    with pytest.raises(roundel.LimitExceeded) as refused:
        roundel.probe(bomb)
    error = refused.value
    assert (error.limit, error.wanted, error.allowed) == ("pixels", 3_600_000_000, 256_000_000)
    with pytest.raises(roundel.LimitExceeded) as refused:
        roundel.probe(bomb, limits={"width": 1000})
    assert refused.value.limit == "width"


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"size": 5}, "unknown field `size`"),
        ({"sizes": "big"}, "sizes"),
        ({"sizes": [1, "2"]}, r"sizes\[1\]: expected a side in pixels or \[width, height\]"),
        ({"sizes": []}, "1 to 32 sizes"),
        ({"sizes": 0}, "1 to 16383 pixels, not 0x0"),
        ({"sizes": True}, "sizes"),
        ({"quality": "high"}, "quality"),
        ({"quality": 101}, "1 to 100"),
        ({"format": "JPEG"}, "format.*expected one of `jpeg`, `png`, `webp`"),
        ({"crop": "top"}, "crop: expected a gravity"),
        ({"crop": (0.5, 1.5)}, "0 to 1"),
        ({"crop": float("nan")}, "crop|value"),
        ({"background": "red"}, "RRGGBB"),
        ({"limits": {"pixel": 1}}, "unknown field `pixel`"),
        ({"limits": {"pixels": -1}}, "limits.pixels"),
        ({"format": object()}, "plain values"),
    ],
)
def test_wrong_options_say_what_was_expected(options: Any, said: str) -> None:
    for kind in (roundel.InvalidOptions, TypeError, ValueError):
        with pytest.raises(kind, match=said) as refused:
            roundel.render(b"", **options)
    assert getattr(refused.value, "code") == "invalid_options"


def test_numbers_of_numpy_are_numbers() -> None:
    import numpy

    photo = numpy.zeros((9, 9, 3), "uint8")
    for sizes in (numpy.int64(5), numpy.array([5]), [numpy.uint8(5)]):
        crop = (numpy.float32(0.5), 0.5)
        rendered = roundel.render(photo, sizes=sizes, crop=crop)  # type: ignore[arg-type]
        assert rendered.avatars[0].size == (5, 5)


def test_an_error_survives_a_process_boundary(bomb: bytes) -> None:
    with pytest.raises(roundel.LimitExceeded) as refused:
        roundel.render(bomb)
    again = pickle.loads(pickle.dumps(refused.value))
    assert type(again) is roundel.LimitExceeded and str(again) == str(refused.value)
    assert (again.limit, again.wanted, again.code) == ("pixels", 3_600_000_000, "limit_exceeded")


def test_a_panic_becomes_an_exception_like_any_other(capfd: Any) -> None:
    with pytest.raises(roundel.Internal) as caught:
        _native.panic()
    assert isinstance(caught.value, Exception) and caught.value.code == "internal"


def test_a_missing_file_is_an_os_error() -> None:
    with pytest.raises(FileNotFoundError):
        roundel.render("no/such/photo.jpg")


SUBINTERPRETER = """
try:
    import _interpreters as interpreters  # 3.13
except ImportError:
    import _xxsubinterpreters as interpreters
import roundel
other = interpreters.create()
failure = None
try:
    failure = interpreters.exec(other, "import roundel")
except AttributeError:
    try:
        interpreters.run_string(other, "import roundel")
    except Exception as error:
        failure = error
except Exception as error:
    failure = error
assert failure is not None and "ImportError" in str(failure), failure
print("refused")
"""


def test_a_subinterpreter_is_refused_cleanly() -> None:
    run = subprocess.run([sys.executable, "-c", SUBINTERPRETER], capture_output=True, text=True)
    if "No module named '_xxsubinterpreters'" in run.stderr:
        pytest.skip("this Python has no sub-interpreters")
    assert (run.returncode, run.stdout) == (0, "refused\n"), run.stderr
