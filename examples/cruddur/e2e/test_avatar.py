"""A photo becomes an avatar: rendered in the browser, and sent as it is."""

from __future__ import annotations

import io
from pathlib import Path

import pytest
from browser_user import Person
from photos import decibels, has_metadata, middle, opened, part
from PIL import Image
from playwright.sync_api import expect
from test_authorization import send as request

EVERYWHERE = ("article", "header")
#: PSNR of one picture encoded twice; of a turned or shifted one it is below 15.
SAME = 28
#: A whole photo goes over the line for this, and not some ten kilobytes.
ORIGINAL_BYTES = 500_000


class Stored:
    """What lies in the buckets of one person."""

    def __init__(self, system, name: str):
        self.s3 = system.aws.client("s3")
        self.sub = next(p.sub for p in system.pool.people if p.handle == name)

    def objects(self, bucket: str, folder: str) -> dict[str, bytes]:
        found = self.s3.list_objects_v2(Bucket=bucket, Prefix=f"{folder}/{self.sub}")
        read = lambda key: self.s3.get_object(Bucket=bucket, Key=key)["Body"].read()  # noqa: E731
        return {item["Key"]: read(item["Key"]) for item in found.get("Contents", [])}

    def uploads(self) -> dict[str, bytes]:
        return self.objects("cruddur-uploads", "avatars/original")

    def avatar(self, digest: str, side: int) -> bytes:
        return self.objects("cruddur-assets", f"avatars")[f"avatars/{self.sub}/{digest}/{side}.jpg"]

    def assets(self) -> dict[str, bytes]:
        return self.objects("cruddur-assets", "avatars")


@pytest.fixture
def stored(system) -> Stored:
    return Stored(system, "ada")


def digest_of_ada(system) -> str | None:
    """From the backend: a page may still be loading the picture."""
    avatar = request("GET", f"{system.url}/api/profile/ada", None)[1]["avatar"]
    return avatar and avatar["digest"]


def is_told_that_it_is_live(person: Person) -> None:
    expect(person.page.get_by_role("status").filter(has_text="Your new picture is live.")).to_be_visible()


def send_whole(person: Person, photo: Path) -> Image.Image:
    """As it is. Gives what must come of it."""
    person.as_it_is(photo)
    return middle(photo, 512)


def send_cropped(person: Person, photo: Path) -> Image.Image:
    """Closer by keys, aside by a drag and by keys. Gives what must come of it."""
    person.choose(photo)
    whole = person.crop()
    person.press("+", "+", "+")
    closer = person.crop()
    assert closer[2] < whole[2] and closer[3] < whole[3]
    person.drag(60, 40)
    dragged = person.crop()
    assert dragged[0] < closer[0] and dragged[1] < closer[1]
    person.press("Shift+ArrowRight", "ArrowDown")
    assert person.crop() != dragged
    return part(photo, person.crop(), 512)


@pytest.mark.parametrize("send", [send_cropped, send_whole])
def test_a_phone_photo_becomes_an_upright_avatar_for_everybody(ada, someone, stored, photo, other_photo, send):
    stranger = someone()
    stranger.visit("/@ada")
    earlier = stored.uploads().keys()
    for chosen in (photo, other_photo):
        before = digest_of_ada(ada.system)
        ada.edit()
        expected = send(ada, chosen)
        ada.save_and_wait()
        (digest,) = {ada.await_digest(where, before) for where in EVERYWHERE}
        assert stranger.await_digest("article", before) == digest
        assert ada.never_reloaded() and stranger.never_reloaded()
        avatar = opened(stored.avatar(digest, 512))
        assert decibels(avatar, expected) > SAME
        assert decibels(avatar.rotate(90), expected) < 15
    assert not any(has_metadata(jpeg) for key, jpeg in stored.assets().items() if key.endswith(".jpg"))
    uploaded = {key: jpeg for key, jpeg in stored.uploads().items() if key not in earlier}
    assert len(uploaded) == 2
    for jpeg in uploaded.values():
        assert has_metadata(jpeg) == (len(jpeg) > ORIGINAL_BYTES) == (send is send_whole)


def test_the_picture_is_as_sharp_as_the_screen(ada, someone, photo):
    ada.edit()
    ada.as_it_is(photo)
    ada.save_and_wait()
    is_told_that_it_is_live(ada)
    phone = someone(viewport={"width": 360, "height": 740}, device_scale_factor=3)
    phone.visit("/@ada")
    phone.await_digest("article", None)
    for person, where in ((ada, "article"), (ada, "header"), (phone, "article")):
        wide = person.picture(where).evaluate("image => image.clientWidth * devicePixelRatio")
        # `naturalWidth` of a srcset is in pixels of the layout: the file's own is in its name.
        side = int(Path(person.picture(where).evaluate("image => image.currentSrc")).stem)
        assert wide <= side < 4 * wide, (where, wide, side)


@pytest.mark.parametrize("send", [send_cropped, send_whole])
def test_the_same_photo_again_ends_as_well(ada, photo, send):
    for _ in range(2):
        ada.edit()
        send(ada, photo)
        ada.save_and_wait()
        is_told_that_it_is_live(ada)


def test_the_photo_that_was_chosen_last_goes_along_with_the_switch(ada, stored, photo, other_photo):
    before = digest_of_ada(ada.system)
    ada.edit()
    switch = ada.page.get_by_label("Send the photo as it is")
    ada.choose(photo)
    switch.check()
    switch.uncheck()
    ada.choose(other_photo)
    switch.check()
    ada.save_and_wait()
    digest = ada.await_digest("article", before)
    assert decibels(opened(stored.avatar(digest, 512)), middle(other_photo, 512)) > SAME
    # And the other way: a file that was chosen to go as it is can still be cropped.
    ada.edit()
    ada.as_it_is(photo)
    switch.uncheck()
    ada.settled()
    ada.save_and_wait()
    digest = ada.await_digest("article", digest)
    assert decibels(opened(stored.avatar(digest, 512)), middle(photo, 512)) > SAME


def test_a_text_file_named_jpg_is_refused_by_the_picker(ada, tmp_path):
    text = tmp_path / "holiday.jpg"
    text.write_text("Dear diary, this is no photo. " * 99)
    form = ada.edit()
    ada.page.locator("roundel-picker input[type=file]").first.set_input_files(text)
    expect(form.get_by_text("cannot be read here").or_(form.get_by_text("is not a photo")).first).to_be_visible()
    ada.save()
    expect(form.get_by_role("alert").filter(has_text="go on without a new picture")).to_be_visible()
    ada.save_and_wait()


def test_a_text_file_named_jpg_is_refused_by_the_server(ada, stored, tmp_path):
    text = tmp_path / "holiday.jpg"
    text.write_text("Dear diary, this is no photo. " * 99)
    before = stored.assets()
    form = ada.edit()
    ada.as_it_is(text)
    ada.save()
    alert = form.get_by_role("alert").filter(has_text="cannot")
    expect(alert).to_be_visible()
    assert stored.assets() == before
    # The form is as usable as before: the next photo goes through.
    picture = io.BytesIO()
    Image.new("RGB", (64, 64), "teal").save(picture, "PNG")
    good = tmp_path / "teal.png"
    good.write_bytes(picture.getvalue())
    ada.as_it_is(good)
    ada.save_and_wait()


def test_what_is_no_picture_by_its_name_is_not_even_sent(ada, stored, tmp_path):
    text = tmp_path / "letter.pdf"
    text.write_bytes(b"%PDF-1.7")
    before = stored.uploads()
    form = ada.edit()
    ada.as_it_is(text)
    ada.save()
    expect(form.get_by_role("alert").filter(has_text="cannot be sent")).to_be_visible()
    assert stored.uploads() == before


def test_without_wasm_the_photo_goes_as_it_is(ada, photo):
    ada.page.route("**/*.wasm", lambda route: route.abort())
    form = ada.edit()
    expect(form.get_by_text("could not be loaded")).to_be_visible()
    form.get_by_label("Photo file").set_input_files(photo)
    ada.save_and_wait()
    is_told_that_it_is_live(ada)
