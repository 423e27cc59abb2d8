"""Programs that are killed half-way: after a restart nothing is lost."""

from __future__ import annotations

import time

import pytest
from conftest import PATIENCE
from gate import Gate, kill_functions
from photos import has_metadata
from test_tokens import ask, send
from upload import post


def upload(system, name: str, photo) -> None:
    status, upload = ask(system, system.pool.tokens(name)["AccessToken"])
    assert status == 200, upload
    assert post(upload, photo.read_bytes()) == 204


def digest(system, name: str) -> str | None:
    avatar = send("GET", f"{system.url}/api/profile/{name}", None)[1]["avatar"]
    return avatar and avatar["digest"]


def await_digest(system, name: str, other_than: str | None) -> str:
    """The digest of that person's avatar, once there is another one."""
    until = time.monotonic() + PATIENCE / 1000
    while time.monotonic() < until:
        now = digest(system, name)
        if now not in (None, other_than):
            return now
        time.sleep(0.1)
    raise TimeoutError(f"{name} has no new avatar; {system.postman.log.read_text()[-500:]}")


def objects(system, name: str) -> dict[str, bytes]:
    s3 = system.aws.client("s3")
    sub = next(person.sub for person in system.pool.people if person.handle == name)
    found = s3.list_objects_v2(Bucket="cruddur-assets", Prefix=f"avatars/{sub}").get("Contents", [])
    read = {item["Key"]: s3.get_object(Bucket="cruddur-assets", Key=item["Key"]) for item in found}
    return {key.partition(sub)[2]: found["Body"].read() for key, found in read.items()}


@pytest.fixture
def gate(system):
    """An S3 that stops process in the middle, once."""
    gate = Gate(system.aws.url)
    system.deployment.set_variables("Process", AWS_ENDPOINT_URL_S3=gate.url)
    yield gate
    gate.opened.set()
    system.deployment.set_variables("Process", AWS_ENDPOINT_URL_S3=system.aws.url)
    gate.close()


def test_process_is_killed_between_two_sizes(system, gate, photo):
    before = digest(system, "bob")
    upload(system, "bob", photo)
    assert gate.reached.wait(60)
    kept = [key for key in objects(system, "bob") if key.endswith("/512.jpg")]
    assert kept and digest(system, "bob") == before, "not in the middle"
    assert kill_functions(system.aws.process.pid) >= 1
    gate.opened.set()
    now = await_digest(system, "bob", before)
    found = objects(system, "bob")
    sizes = {f"/{now}/{side}.jpg" for side in (512, 256, 128, 64, 32)}
    assert sizes | {".jpg", "/latest.json"} <= found.keys()
    assert found[".jpg"] == found[f"/{now}/512.jpg"]
    assert not any(has_metadata(found[size]) for size in sizes)


def test_the_backend_is_killed_while_its_notice_is_under_way(system, other_photo):
    before = digest(system, "bob")
    system.backend.kill()
    upload(system, "bob", other_photo)
    await_line(system.postman.log, "Connection refused")
    system.backend.start()
    system.await_backend()
    assert await_digest(system, "bob", before)


def test_the_postman_is_killed_with_a_notice_in_hand(system, photo):
    before = digest(system, "bob")
    system.backend.kill()
    seen = system.postman.log.read_text().count("Connection refused")
    upload(system, "bob", photo)
    await_line(system.postman.log, "Connection refused", more_than=seen)
    system.postman.kill()
    system.backend.start()
    system.await_backend()
    assert digest(system, "bob") == before, "nobody could tell"
    system.postman.start()
    assert await_digest(system, "bob", before)


def test_nothing_is_left_with_the_dead_letters(system):
    queues = system.aws.client("sqs")
    letters = [url for url in queues.list_queues()["QueueUrls"] if not url.endswith("/postman")]
    assert len(letters) == 2
    for url in letters:
        assert "Messages" not in queues.receive_message(QueueUrl=url), url


def await_line(log, text: str, more_than: int = 0) -> None:
    until = time.monotonic() + PATIENCE / 1000
    while log.read_text().count(text) <= more_than:
        assert time.monotonic() < until, log.read_text()[-500:]
        time.sleep(0.1)
