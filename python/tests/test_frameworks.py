"""The examples for web frameworks store avatars and answer bad uploads with a 4xx status."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any, Iterator, Tuple

import pytest

pytest.importorskip("httpx")

Response = Tuple[int, Any]


@pytest.fixture(autouse=True)
def examples(repository: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(repository / "python" / "examples"))


class FastApi:
    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        pytest.importorskip("fastapi")
        from fastapi.testclient import TestClient

        import fastapi_avatar

        monkeypatch.setattr(fastapi_avatar, "FOLDER", folder)
        self.client = TestClient(fastapi_avatar.app)

    def close(self) -> None:
        self.client.close()

    def post(self, photo: bytes) -> Response:
        response = self.client.post("/users/7/avatar", files={"photo": ("x.jpg", photo)})
        return response.status_code, response.json()


class Django:
    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        django = pytest.importorskip("django")
        from django.conf import settings

        if not settings.configured:
            settings.configure(
                ROOT_URLCONF="django_avatar", ALLOWED_HOSTS=["*"], MEDIA_URL="/media/"
            )
            django.setup()
        from django.test import Client, override_settings

        self.settings = override_settings(MEDIA_ROOT=str(folder))
        self.settings.enable()
        self.client = Client()

    def close(self) -> None:
        self.settings.disable()

    def post(self, photo: bytes) -> Response:
        from django.core.files.uploadedfile import SimpleUploadedFile

        response = self.client.post("/avatar", {"photo": SimpleUploadedFile("x.jpg", photo)})
        return response.status_code, response.json()


@pytest.fixture(params=[FastApi, Django])
def service(
    request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Any]:
    service = request.param(tmp_path, monkeypatch)
    yield service
    service.close()


def files(folder: Path) -> "list[Path]":
    return sorted(path for path in folder.rglob("*") if path.is_file())


def test_an_upload_is_stored_as_avatars_only(service: Any, astronaut: bytes, tmp_path: Path) -> None:
    import roundel

    for _ in range(2):
        status, body = service.post(astronaut)
        assert status == 201, body
    stored = files(tmp_path)
    # Two equal uploads are stored once, and no upload or temporary file is left.
    assert len(stored) == (2 if isinstance(service, FastApi) else 1)
    largest = max(stored, key=lambda path: path.stat().st_size).read_bytes()
    assert roundel.probe(largest).size == (256, 256)
    assert hashlib.sha256(largest).hexdigest() == roundel.render(astronaut).avatars[0].digest


def test_a_decompression_bomb_is_a_413(service: Any, bomb: bytes, tmp_path: Path) -> None:
    status, body = service.post(bomb)
    assert (status, body["code"]) == (413, "limit_exceeded")
    assert "pixels" in body["message"] and files(tmp_path) == []


@pytest.mark.parametrize(
    ("photo", "status", "code"),
    [(b"\xff\xd8\xff\xe0 cut", 422, "malformed"), (b"%PDF-1.7", 415, "unsupported")],
)
def test_each_error_code_has_its_status(service: Any, photo: bytes, status: int, code: str) -> None:
    actual, body = service.post(photo)
    assert (actual, body["code"]) == (status, code)
