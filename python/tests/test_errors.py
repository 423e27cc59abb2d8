"""Every error is an exception of roundel with a stable code."""

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
def test_a_refused_photo_raises_the_exception_of_its_kind(photo: bytes, kind: type, code: str) -> None:
    for call in (roundel.render, roundel.probe):
        with pytest.raises(kind) as refused:
            call(photo)
        assert refused.value.code == code and str(refused.value)
        assert isinstance(refused.value, (roundel.Error, ValueError))


def test_a_decompression_bomb_exceeds_a_named_limit(bomb: bytes) -> None:
    with pytest.raises(roundel.LimitExceeded) as refused:
        roundel.probe(bomb)
    error = refused.value
    assert (error.limit, error.wanted, error.allowed) == ("pixels", 3_600_000_000, 256_000_000)
    with pytest.raises(roundel.LimitExceeded) as refused:
        roundel.probe(bomb, limits={"width": 1000})
    assert refused.value.limit == "width"


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"size": 5}, "unknown field `size`"),
        ({"sizes": "big"}, "sizes"),
        ({"sizes": [1, "2"]}, r"sizes\[1\]: expected a side in pixels or \[width, height\]"),
        ({"sizes": []}, "1 to 32 sizes"),
        ({"sizes": 0}, "1 to 16383 pixels, not 0x0"),
        ({"sizes": True}, "sizes"),
        ({"quality": "high"}, "quality"),
        ({"quality": 101}, "1 to 100"),
        ({"formats": "JPEG"}, "formats: .*expected jpeg, png, webp or avif"),
        ({"formats": ["png", "png"]}, "png twice"),
        ({"formats": "jpeg", "lossless": True}, "jpeg cannot be lossless"),
        ({"crop": "top"}, "crop: expected a gravity"),
        ({"crop": (0.5, 1.5)}, "0 to 1"),
        ({"crop": float("nan")}, "crop|value"),
        ({"background": "red"}, "RRGGBB"),
        ({"limits": {"pixel": 1}}, "unknown field `pixel`"),
        ({"limits": {"pixels": -1}}, "limits.pixels"),
        ({"formats": object()}, "JSON cannot represent: type object"),
    ],
)
def test_invalid_options_name_the_expected_values(options: Any, message: str) -> None:
    for kind in (roundel.InvalidOptions, TypeError, ValueError):
        with pytest.raises(kind, match=message) as refused:
            roundel.render(b"", **options)
    assert getattr(refused.value, "code") == "invalid_options"


def test_numpy_numbers_are_accepted_as_options() -> None:
    import numpy

    photo = numpy.zeros((9, 9, 3), "uint8")
    for sizes in (numpy.int64(5), numpy.array([5]), [numpy.uint8(5)]):
        crop = (numpy.float32(0.5), 0.5)
        rendered = roundel.render(photo, sizes=sizes, crop=crop)  # type: ignore[arg-type]
        assert rendered.avatars[0].size == (5, 5)


def test_an_error_can_be_pickled(bomb: bytes) -> None:
    with pytest.raises(roundel.LimitExceeded) as refused:
        roundel.render(bomb)
    again = pickle.loads(pickle.dumps(refused.value))
    assert type(again) is roundel.LimitExceeded and str(again) == str(refused.value)
    assert (again.limit, again.wanted, again.code) == ("pixels", 3_600_000_000, "limit_exceeded")


@pytest.mark.parametrize(
    ("photo", "feature"),
    [
        (b"\0\0\0\x18ftypheic\0\0\0\0mif1heic", "heic"),
        (b"\0\0\0\x18ftypavif\0\0\0\0mif1avif", "avif"),
        (b"%PDF-1.7", "pdf"),
    ],
)
def test_an_unsupported_format_has_a_feature_name(photo: bytes, feature: str) -> None:
    with pytest.raises(roundel.Unsupported) as refused:
        roundel.probe(photo)
    assert refused.value.feature == feature


def test_a_panic_raises_internal(capfd: Any) -> None:
    with pytest.raises(roundel.Internal) as caught:
        _native.panic()
    assert isinstance(caught.value, Exception) and caught.value.code == "internal"


def test_a_missing_file_raises_os_error() -> None:
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


def test_a_subinterpreter_cannot_import_roundel() -> None:
    run = subprocess.run([sys.executable, "-c", SUBINTERPRETER], capture_output=True, text=True)
    if "No module named '_xxsubinterpreters'" in run.stderr:
        pytest.skip("this Python has no sub-interpreters")
    assert (run.returncode, run.stdout) == (0, "refused\n"), run.stderr
