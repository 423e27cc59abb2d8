"""Programs are killed in the middle of their work. After a restart, nothing is lost."""

from __future__ import annotations

import time

import pytest
from api_client import avatar, request_upload, wait_for_upload
from conftest import TIMEOUT_MS
from demo import avatar_cli
from local_aws import REGION
from pausing_proxy import PausingProxy, kill_functions
from photos import has_metadata
from upload import post


def upload(system, name: str, photo) -> str:
    """Uploads a photo. Returns the name of the upload in the profile."""
    status, upload = request_upload(system, system.user_pool.tokens(name)["AccessToken"])
    assert status == 200, upload
    assert post(upload, photo.read_bytes()) == 204
    return upload["key"].rpartition("/")[2]


def wait_until(condition, log) -> None:
    until = time.monotonic() + TIMEOUT_MS / 1000
    while not condition():
        assert time.monotonic() < until, log.read_text()[-500:]
        time.sleep(0.1)


def objects(system, name: str) -> dict[str, bytes]:
    s3 = system.aws.client("s3")
    sub = next(user.sub for user in system.user_pool.users if user.handle == name)
    found = s3.list_objects_v2(Bucket="cruddur-assets", Prefix=f"avatars/{sub}").get("Contents", [])
    read = {item["Key"]: s3.get_object(Bucket="cruddur-assets", Key=item["Key"]) for item in found}
    return {key.partition(sub)[2]: found["Body"].read() for key, found in read.items()}


@pytest.fixture
def proxy(system):
    """A proxy that pauses process in the middle of an upload, once."""
    proxy = PausingProxy(system.aws.url)
    system.deployment.set_environment("Process", AWS_ENDPOINT_URL_S3=proxy.url)
    yield proxy
    proxy.resume.set()
    system.deployment.set_environment("Process", AWS_ENDPOINT_URL_S3=system.aws.url)
    proxy.close()


@pytest.fixture(autouse=True)
def no_dead_letters(system):
    """After each test, the dead-letter queues are empty."""
    yield
    queues = system.aws.client("sqs")
    dead_letters = [url for url in queues.list_queues()["QueueUrls"] if not url.endswith("/notification-relay")]
    assert len(dead_letters) == 2
    for url in dead_letters:
        assert "Messages" not in queues.receive_message(QueueUrl=url), url


def test_process_is_killed_between_two_sizes(system, proxy, photo):
    mine = upload(system, "bob", photo)
    assert proxy.paused.wait(60)
    # The sizes are written concurrently: one is paused, others arrive.
    wait_until(lambda: any(key.endswith(".jpg") for key in objects(system, "bob")), system.relay.log)
    assert avatar(system, "bob").get("upload") != mine, "the old avatar stays"
    assert kill_functions(system.aws.process.pid) >= 1
    proxy.resume.set()
    digest = wait_for_upload(system, "bob", mine)
    found = objects(system, "bob")
    sizes = {f"/{digest}/{side}.jpg" for side in (512, 256, 128, 64, 32)}
    assert sizes | {".jpg", "/latest.json"} <= found.keys()
    assert found[".jpg"] == found[f"/{digest}/512.jpg"]
    assert not any(has_metadata(found[size]) for size in sizes)


def refused_connections(system) -> int:
    """How often the relay could not connect to the backend."""
    return system.relay.log.read_text().count("Connection refused")


def upload_while_the_backend_is_down(system, photo) -> str:
    before = refused_connections(system)
    system.backend.kill()
    mine = upload(system, "bob", photo)
    wait_until(lambda: refused_connections(system) > before, system.relay.log)
    return mine


def test_the_backend_is_killed_before_it_receives_a_notice(system, photo):
    mine = upload_while_the_backend_is_down(system, photo)
    system.backend.start()
    system.wait_for_backend()
    assert wait_for_upload(system, "bob", mine)


def test_the_relay_is_killed_before_it_delivers_a_notice(system, photo):
    mine = upload_while_the_backend_is_down(system, photo)
    system.relay.kill()
    system.backend.start()
    system.wait_for_backend()
    assert avatar(system, "bob").get("upload") != mine, "the notice was not delivered"
    system.relay.start()
    assert wait_for_upload(system, "bob", mine)


@pytest.fixture
def repair(system):
    """process fails on every upload until this is called."""
    set_environment = system.deployment.set_environment
    repair = lambda: set_environment("Process", UPLOADS_BUCKET_NAME="cruddur-uploads")  # noqa: E731
    set_environment("Process", UPLOADS_BUCKET_NAME="another")
    yield repair
    repair()


def test_a_dead_letter_is_handled_by_one_command(system, photo, monkeypatch, repair):
    mine = upload(system, "bob", photo)
    deployment = system.deployment
    queues, dead_letters = system.aws.client("sqs"), deployment.outputs["DeadLettersUrl"]
    in_queue = lambda: queues.get_queue_attributes(  # noqa: E731
        QueueUrl=dead_letters, AttributeNames=["ApproximateNumberOfMessages"],
    )["Attributes"]["ApproximateNumberOfMessages"]
    wait_until(lambda: in_queue() == "1", system.relay.log)
    repair()
    monkeypatch.setenv("DEAD_LETTERS_URL", dead_letters)
    monkeypatch.setenv("PROCESS_FUNCTION_NAME", deployment.outputs["ProcessFunctionName"])
    for name, value in {"AWS_ENDPOINT_URL": system.aws.url, "AWS_REGION": REGION,
                        "AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test"}.items():
        monkeypatch.setenv(name, value)
    avatar_cli.redrive()
    assert wait_for_upload(system, "bob", mine)


def test_catch_up_stores_an_avatar_whose_notice_was_lost(system, photo):
    system.relay.kill()
    mine = upload(system, "bob", photo)
    queues = system.aws.client("sqs")
    queue = queues.get_queue_url(QueueName="notification-relay")["QueueUrl"]
    wait_until(lambda: mine in str(queues.receive_message(QueueUrl=queue)), system.relay.log)
    # As if the backend had been down for longer than SNS retries, and the dead letters were deleted.
    queues.purge_queue(QueueUrl=queue)
    system.relay.start()
    assert avatar(system, "bob").get("upload") != mine
    system.command("catch-up")
    assert avatar(system, "bob")["upload"] == mine
