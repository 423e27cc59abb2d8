"""The program of `make demo`, and the scripts in bin/."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path

import pytest
from api_client import send
from pausing_proxy import children
from photos import ASTRONAUT

from demo import CRUDDUR
from demo.system import BACKEND


def start(log: Path) -> subprocess.Popen:
    with open(log, "wb") as out:
        return subprocess.Popen([sys.executable, "-m", "demo"], cwd=CRUDDUR, stdout=out, stderr=out)


class Demo:
    """The running demo. The constructor waits until it is ready."""

    def __init__(self, log: Path):
        self.log = log
        self.process = start(log)
        while "Press Ctrl-C" not in log.read_text():
            assert self.process.poll() is None, log.read_text()
            time.sleep(0.1)
        output = log.read_text()
        self.url = re.search(r"Cruddur is at +(\S+)", output)[1]
        self.folder = re.search(r"Logs and database: (\S+)", output)[1]

    def stop(self) -> int:
        self.process.send_signal(signal.SIGINT)
        return self.process.wait(timeout=60)


@pytest.fixture(scope="module")
def demo(tmp_path_factory):
    demo = Demo(tmp_path_factory.mktemp("demo") / "log")
    yield demo
    assert demo.stop() == 0


def avatar_script(verb: str, *arguments: str) -> subprocess.CompletedProcess:
    command = [CRUDDUR / "bin/avatar" / verb, *arguments]
    return subprocess.run(command, capture_output=True, text=True, timeout=60)


def test_it_serves_the_page_and_prints_a_login(demo):
    with urllib.request.urlopen(demo.url) as page:
        assert b"<!doctype html>" in page.read().lower()
    assert re.search(r"Sign in as +ada.* password \S+", demo.log.read_text())


def test_a_photo_uploaded_by_hand_becomes_adas_avatar(demo):
    assert avatar_script("upload", str(ASTRONAUT)).returncode == 0
    for _ in range(300):
        avatar = send("GET", f"{demo.url}/api/profile/ada", None)[1]["avatar"]
        if avatar:
            break
        time.sleep(0.1)
    picture = avatar["images"][0]["url"]
    with urllib.request.urlopen(picture) as response:
        assert response.headers["content-type"] == "image/jpeg"
        assert "immutable" in response.headers["cache-control"]
        assert response.headers["x-content-type-options"] == "nosniff"
    # The times of a listing are seconds.
    time.sleep(1.1)
    erased = avatar_script("erase", "ada")
    assert erased.returncode == 0 and erased.stdout.count("deleted 0 messages") == 2, erased
    with pytest.raises(urllib.error.HTTPError, match="403"):
        urllib.request.urlopen(picture)
    for _ in range(300):
        if send("GET", f"{demo.url}/api/profile/ada", None)[1]["avatar"] is None:
            break
        time.sleep(0.1)
    left = avatar_script("clear").stdout.splitlines()
    assert len(left) == 1 and left[0].endswith("/latest.json"), "the record of the removal"


def test_an_unknown_user_is_reported(demo):
    done = avatar_script("upload", str(ASTRONAUT), "nobody")
    assert done.returncode == 1 and "ada, bob, carol" in done.stderr
    assert "nothing to delete" in avatar_script("clear", "carol").stdout
    assert avatar_script("remove").returncode == 2, "an operator must name the user"


def test_a_missing_photo_is_reported(demo):
    done = avatar_script("upload", "no-such-photo.jpg")
    assert done.returncode == 1 and "no-such-photo.jpg" in done.stderr


def database_script(url: str, verb: str, *arguments: str) -> str:
    environment = {**os.environ, "DATABASE_URL": url, "CRUDDUR_BACKEND": str(BACKEND)}
    done = subprocess.run(
        [CRUDDUR / "bin/db" / verb, *arguments],
        env=environment, capture_output=True, text=True, timeout=60,
    )
    return done.stdout if done.returncode == 0 else f"failed: {done.stderr}"


def test_the_scripts_of_the_database_work_from_any_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    url = "sqlite://of-the-scripts.db?mode=rwc"
    assert "added or updated 2 users" in database_script(url, "setup")
    assert "users" not in database_script(url, "setup"), "the database has users already"
    assert "rolled back" in database_script(url, "rollback")
    assert "bin/db/migrate" in database_script(url, "rollback")
    assert "has version" in database_script(url, "migrate")
    users = tmp_path / "users.json"
    users.write_text("[]")
    assert "0 users" in database_script(url, "seed", str(users))
    assert "no table has a user" in database_script(url, "erase", "nobody")
    assert "no-such-file" in database_script(url, "seed", "no-such-file.json")
    assert (tmp_path / "of-the-scripts.db").exists()


def test_ctrl_c_while_it_starts_leaves_nothing_running(tmp_path):
    process = start(tmp_path / "log")
    while not (started := children(process.pid)):
        assert process.poll() is None, (tmp_path / "log").read_text()
        time.sleep(0.01)
    # Now ministack runs, but does not respond yet.
    time.sleep(0.2)
    process.send_signal(signal.SIGINT)
    assert process.wait(timeout=60) == 0
    assert not [pid for pid in started if Path(f"/proc/{pid}").exists()]


def test_ctrl_c_leaves_nothing_running(tmp_path):
    demo = Demo(tmp_path / "log")
    running = [pid for pid in map(int, filter(str.isdigit, os.listdir("/proc"))) if belongs_to(demo, pid)]
    assert len(running) >= 3, "ministack, the backend, the relay"
    assert demo.stop() == 0
    assert not [pid for pid in running if belongs_to(demo, pid)]
    assert not Path(demo.folder).exists()
    with pytest.raises(OSError):
        urllib.request.urlopen(demo.url, timeout=5)


def belongs_to(demo: Demo, pid: int) -> bool:
    """Whether a process is running in the folder of the demo, as all its programs do."""
    try:
        return os.readlink(f"/proc/{pid}/cwd").startswith(demo.folder)
    except OSError:
        return False
