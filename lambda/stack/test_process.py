"""process as it is deployed: S3's event in, avatars and a notice out."""

from __future__ import annotations

import hashlib
import time
import zipfile

import pytest
from deployment import Deployment, zip_of


@pytest.fixture(scope="module")
def deployed(aws):
    deployed = Deployment(aws, "process", "avatars/original")
    yield deployed
    deployed.close()


def test_an_upload_becomes_avatars_and_a_notice(deployed, photo):
    deployed.upload("me.jpg", photo)
    notice = deployed.notice()
    assert (notice["type"], notice["sub"]) == ("avatar", "me")
    assert notice["sizes"] == [[512, 512], [256, 256], [128, 128], [64, 64], [32, 32]]
    alias = deployed.asset("avatars/me.jpg")
    assert alias["Metadata"]["digest"] == notice["digest"]
    folder = f"avatars/me/{notice['digest']}"
    versions = [deployed.asset(f"{folder}/{side}.jpg") for side, _ in notice["sizes"]]
    assert versions[0]["bytes"] == alias["bytes"]
    assert all(version["CacheControl"].endswith("immutable") for version in versions)
    assert all(b"Exif" not in version["bytes"] for version in versions)


def test_a_replaced_avatar_is_tagged_to_expire(deployed, photo):
    old = deployed.upload("she/1.jpg", photo)
    first = deployed.notice()
    assert first["order"]["key"] == old
    # A photo of another size gives another avatar.
    deployed.upload("she/2.jpg", deployed.asset(f"avatars/she/{first['digest']}/256.jpg")["bytes"])
    second = deployed.notice()
    keys = [key for key in deployed.keys(deployed.assets) if key.startswith("avatars/she/")]
    expected = {first["digest"]: ["replaced"] * 5, second["digest"]: [None] * 5, "latest.json": [None]}
    for _ in range(100):
        found = {}
        for key in keys:
            tags = deployed.s3.get_object_tagging(Bucket=deployed.assets, Key=key)["TagSet"]
            found.setdefault(key.split("/")[2], []).append(next((tag["Value"] for tag in tags), None))
        if found == expected:
            return
        # The sizes are tagged after the notice.
        time.sleep(0.1)
    raise AssertionError(found)


def test_a_text_file_is_refused_on_record(deployed):
    key = deployed.upload("you.jpg", b"no photo at all")
    notice = deployed.notice()
    assert (notice["type"], notice["key"]) == ("refused", key)
    refusal = deployed.refusal("you", hashlib.sha256(key.encode()).hexdigest())
    assert refusal["code"] == notice["code"] == "unsupported"


@pytest.mark.parametrize("name", ["a b.jpg", "é+ü.jpg"])
def test_keys_with_spaces_and_other_letters_are_decoded(deployed, photo, name):
    key = deployed.upload(name, photo)
    notice = deployed.notice()
    assert (notice["type"], notice["key"], notice["code"]) == ("refused", key, "invalid_key")


def test_process_ignores_the_objects_that_it_writes(deployed):
    """Refusals are put into the bucket that sends events; they cause no notice."""
    time.sleep(1)
    assert deployed.inbox.is_empty()


def test_the_zip_contains_one_executable():
    with zipfile.ZipFile(zip_of("process")) as zipped:
        assert [(e.filename, oct(e.external_attr >> 16)) for e in zipped.infolist()] == [
            ("bootstrap", "0o755")
        ]
