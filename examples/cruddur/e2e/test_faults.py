"""Programs that are killed half-way: after a restart nothing is lost."""

from __future__ import annotations

import time

import pytest
from conftest import PATIENCE
from pausing_proxy import Gate, kill_functions
from photos import has_metadata
from test_authorization import ask, send
from upload import post


def upload(system, name: str, photo) -> str:
    """Gives what the profile will call this upload."""
    status, upload = ask(system, system.pool.tokens(name)["AccessToken"])
    assert status == 200, upload
    assert post(upload, photo.read_bytes()) == 204
    return upload["key"].rpartition("/")[2]


def avatar(system, name: str) -> dict:
    return send("GET", f"{system.url}/api/profile/{name}", None)[1]["avatar"] or {}


def await_upload(system, name: str, upload: str) -> str:
    """The digest of that person's avatar, once it is of this upload."""
    await_(lambda: avatar(system, name).get("upload") == upload, system.postman.log)
    return avatar(system, name)["digest"]


def await_(condition, log) -> None:
    until = time.monotonic() + PATIENCE / 1000
    while not condition():
        assert time.monotonic() < until, log.read_text()[-500:]
        time.sleep(0.1)


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


@pytest.fixture(autouse=True)
def no_dead_letters(system):
    """Whatever happened: nothing was given up."""
    yield
    queues = system.aws.client("sqs")
    letters = [url for url in queues.list_queues()["QueueUrls"] if not url.endswith("/postman")]
    assert len(letters) == 2
    for url in letters:
        assert "Messages" not in queues.receive_message(QueueUrl=url), url


def test_process_is_killed_between_two_sizes(system, gate, photo):
    mine = upload(system, "bob", photo)
    assert gate.reached.wait(60)
    # Sizes are put at once: one is held, and others arrive.
    await_(lambda: any(key.endswith(".jpg") for key in objects(system, "bob")), system.postman.log)
    assert avatar(system, "bob").get("upload") != mine, "not in the middle"
    assert kill_functions(system.aws.process.pid) >= 1
    gate.opened.set()
    digest = await_upload(system, "bob", mine)
    found = objects(system, "bob")
    sizes = {f"/{digest}/{side}.jpg" for side in (512, 256, 128, 64, 32)}
    assert sizes | {".jpg", "/latest.json"} <= found.keys()
    assert found[".jpg"] == found[f"/{digest}/512.jpg"]
    assert not any(has_metadata(found[size]) for size in sizes)


def refused(system) -> int:
    """How often the postman stood before a closed door."""
    return system.postman.log.read_text().count("Connection refused")


def upload_while_the_backend_is_away(system, photo) -> str:
    before = refused(system)
    system.backend.kill()
    mine = upload(system, "bob", photo)
    await_(lambda: refused(system) > before, system.postman.log)
    return mine


def test_the_backend_is_killed_while_its_notice_is_under_way(system, photo):
    mine = upload_while_the_backend_is_away(system, photo)
    system.backend.start()
    system.await_backend()
    assert await_upload(system, "bob", mine)


def test_the_postman_is_killed_with_a_notice_in_hand(system, photo):
    mine = upload_while_the_backend_is_away(system, photo)
    system.postman.kill()
    system.backend.start()
    system.await_backend()
    assert avatar(system, "bob").get("upload") != mine, "nobody could tell"
    system.postman.start()
    assert await_upload(system, "bob", mine)


def test_what_was_never_delivered_is_taken_over(system, photo):
    system.postman.kill()
    mine = upload(system, "bob", photo)
    queues = system.aws.client("sqs")
    letters = queues.get_queue_url(QueueName="postman")["QueueUrl"]
    await_(lambda: mine in str(queues.receive_message(QueueUrl=letters)), system.postman.log)
    # Away for longer than the subscription repeats, and nobody looked after the dead letters.
    queues.purge_queue(QueueUrl=letters)
    system.postman.start()
    assert avatar(system, "bob").get("upload") != mine
    system.command("catch-up")
    assert avatar(system, "bob")["upload"] == mine
