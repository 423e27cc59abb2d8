"""The command line. Its details are tested in examples/avatar; here it runs from Python."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import sysconfig
from pathlib import Path
from typing import Callable, List

import pytest
import roundel


@pytest.fixture
def folder(tmp_path: Path, astronaut: bytes) -> Path:
    (tmp_path / "me.jpg").write_bytes(astronaut)
    return tmp_path


def run(folder: Path, line: str, *more: str) -> "subprocess.CompletedProcess[str]":
    command = [sys.executable, "-m", "roundel", *line.split(), *more]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True)


def names(folder: Path) -> List[str]:
    return sorted(os.listdir(folder))


def test_a_photo_gives_five_avatars_with_the_bytes_of_render(folder: Path) -> None:
    ran = run(folder, "me.jpg --out out")
    assert (ran.returncode, ran.stderr) == (0, "")
    assert names(folder / "out") == [f"me-{size}.jpg" for size in (128, 256, 32, 512, 64)]
    assert (folder / "out/me-256.jpg").read_bytes() == roundel.render(
        folder / "me.jpg", sizes=256
    ).avatars[0].bytes


def test_the_console_script_runs_the_same_program(folder: Path) -> None:
    script = Path(sysconfig.get_path("scripts")) / "roundel"
    ran = subprocess.run([script, "me.jpg", "--sizes", "8"], cwd=folder, capture_output=True)
    assert ran.returncode == 0 and names(folder / "avatars") == ["me-8.jpg"]


def test_options_give_the_avatars_of_render(folder: Path) -> None:
    options = "--sizes 40,30x20 --formats webp --crop centre --fit contain --background #336699"
    ran = run(folder, f"me.jpg --out out {options}")
    assert ran.returncode == 0, ran.stderr
    assert names(folder / "out") == ["me-30x20.webp", "me-40.webp"]
    rendered = roundel.render(
        folder / "me.jpg", sizes=[40, (30, 20)], formats="webp", fit="contain", background="336699"
    )
    for name, avatar in zip(["me-40.webp", "me-30x20.webp"], rendered.avatars):
        assert (folder / "out" / name).read_bytes() == avatar.bytes


def test_json_describes_a_photo_on_one_line(folder: Path) -> None:
    (folder / "empty.jpg").touch()
    ran = run(folder, "me.jpg empty.jpg --json --out out --sizes 64")
    assert ran.returncode == 1
    me, empty = (json.loads(line) for line in ran.stdout.splitlines())
    assert list(me) == [
        "path",
        "format",
        "stored_size",
        "upright_size",
        "orientation",
        "decode_scale",
        "faces",
        "missing",
        "milliseconds",
        "outputs",
        "placeholder",
    ]
    assert (me["format"], me["stored_size"], me["orientation"]) == ("jpeg", [512, 512], 6)
    assert list(me["milliseconds"]) == ["plan", "decode", "resize", "encode"]
    (output,) = me["outputs"]
    assert output["bytes"] == (folder / output["path"]).stat().st_size
    assert empty["error"]["code"] == "malformed"


def test_a_refused_photo_writes_no_file_and_the_others_are_rendered(folder: Path) -> None:
    (folder / "a.jpg").write_bytes(b"\xff\xd8\xff\xe0 cut")
    (folder / "b.jpg").write_bytes(b"not a photo")
    ran = run(folder, "a.jpg b.jpg gone.jpg me.jpg --out out --sizes 32")
    assert ran.returncode == 1
    starts = ["error[malformed]: a.jpg: ", "error[unsupported]: b.jpg: ", "error[io]: gone.jpg: "]
    for line, start in zip(ran.stderr.splitlines(), starts):
        assert line.startswith(start)
    assert names(folder / "out") == ["me-32.jpg"]


def test_folders_are_searched_except_the_output_folder(folder: Path) -> None:
    photo = (folder / "me.jpg").read_bytes()
    for name in ("b/2.jpg", "a/1.jpg", "3.JPEG", "notes.txt"):
        path = folder / "photos" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(photo)
    for _ in range(2):
        ran = run(folder, "photos --out photos/out --sizes 32 --json")
        paths = [json.loads(line)["path"] for line in ran.stdout.splitlines()]
        assert paths == ["photos/3.JPEG", "photos/a/1.jpg", "photos/b/2.jpg"]


def test_an_avatar_never_overwrites_a_photo(folder: Path) -> None:
    photo = (folder / "me.jpg").read_bytes()
    (folder / "me-32.jpg").write_bytes(photo)
    ran = run(folder, "me.jpg me-32.jpg --out . --sizes 32")
    assert ran.returncode == 0 and "note: me.jpg: " in ran.stderr
    assert (folder / "me-32.jpg").read_bytes() == photo and (folder / "me-2-32.jpg").exists()


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("", "<PHOTO>"),
        ("me.jpg --frobnicate", "--frobnicate"),
        ("me.jpg --sizes many", "many"),
        ("me.jpg --sizes 0", "0x0"),
        ("me.jpg --sizes 64,64", "twice"),
        ("me.jpg --formats tiff", "tiff"),
        ("me.jpg --quality 101", "101"),
        ("me.jpg --crop middle", "crop"),
        ("me.jpg --crop 2,0", "2"),
        ("me.jpg --background red", "red"),
        ("me.jpg --out", "--out"),
    ],
)
def test_wrong_usage_exits_with_2_and_names_the_argument(folder: Path, line: str, expected: str) -> None:
    ran = run(folder, line)
    assert ran.returncode == 2 and ran.stderr.startswith("error: ") and expected in ran.stderr
    assert not (folder / "avatars").exists()


def test_help_names_the_console_script(folder: Path) -> None:
    ran = run(folder, "--help")
    assert ran.returncode == 0 and "Usage: roundel [OPTIONS] <PHOTO>..." in ran.stdout


def test_the_sheet_shows_the_crop_and_escapes_a_file_name_with_markup(folder: Path) -> None:
    (folder / "<img src=x onerror=alert(1)>.jpg").write_bytes((folder / "me.jpg").read_bytes())
    ran = run(folder, ". --out out --sizes 64x32 --crop north --sheet")
    assert ran.returncode == 0, ran.stderr
    page = (folder / "out" / "index.html").read_text("utf-8")
    # For each photo once in the mask and twice as a frame.
    assert page.count('x="0" y="0" width="512" height="256"') == 2 * 3
    assert "&#60;img src=x" in page and "<img src=x" not in page
    assert 'src="./%3Cimg%20src%3Dx' in page


def test_a_closed_pipe_prints_no_traceback(folder: Path) -> None:
    script = f"{sys.executable} -m roundel me.jpg --sizes 8 --json | true"
    ran = subprocess.run(script, shell=True, cwd=folder, capture_output=True, text=True)
    assert "Traceback" not in ran.stderr


@pytest.mark.skipif(os.name != "posix", reason="sends SIGINT")
def test_ctrl_c_ends_the_program(folder: Path, jpeg_of: Callable[..., bytes]) -> None:
    photo = folder / "photos" / "0.jpg"
    photo.parent.mkdir()
    photo.write_bytes(jpeg_of(4000, 3000))
    for number in range(1, 400):
        os.link(photo, folder / "photos" / f"{number}.jpg")
    # A background job inherits an ignored SIGINT.
    script = (
        "import signal; signal.signal(signal.SIGINT, signal.default_int_handler); "
        "from roundel.__main__ import main; main()"
    )
    command = [sys.executable, "-c", script, "photos", "--sizes", "8"]
    with subprocess.Popen(command, cwd=folder, stdout=subprocess.PIPE) as running:
        assert running.stdout is not None and running.stdout.readline().startswith(b"photos/")
        running.send_signal(signal.SIGINT)
        try:
            assert running.wait(60) == -signal.SIGINT
        finally:
            running.kill()
    rendered = [name for name in names(folder / "avatars") if not name.startswith(".")]
    assert 0 < len(rendered) < 400
