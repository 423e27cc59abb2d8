"""A photo becomes an avatar: rendered in the browser, and sent unchanged."""

from __future__ import annotations

import io
from pathlib import Path

import pytest
from api_client import send as call_api
from browser_user import BrowserUser
from photos import center_square, cropped, decode, has_metadata, heic_center, heic_photo, psnr
from PIL import Image
from playwright.sync_api import expect
from stored_objects import StoredObjects

EVERYWHERE = ("article", "header")
#: Minimum PSNR of two encodings of one picture. A rotated or shifted picture has less than 15 dB.
SAME_PICTURE = 28
#: An unchanged photo is larger than this; a rendered picture has some ten kilobytes.
MIN_UNCHANGED_BYTES = 500_000


@pytest.fixture
def stored(system) -> StoredObjects:
    return StoredObjects(system, "ada")


def current_digest(system) -> str | None:
    """The digest of ada from the backend, because a page may still load the picture."""
    avatar = call_api("GET", f"{system.url}/api/profile/ada", None)[1]["avatar"]
    return avatar and avatar["digest"]


def expect_live_toast(user: BrowserUser) -> None:
    expect(user.page.get_by_role("status").filter(has_text="Your new picture is live.")).to_be_visible()


def send_unchanged(user: BrowserUser, photo: Path) -> Image.Image:
    """Sends the photo unchanged. Returns the expected picture."""
    user.choose_unchanged(photo)
    return center_square(photo, 512)


def send_cropped(user: BrowserUser, photo: Path) -> Image.Image:
    """Zooms with keys, and moves the photo with the mouse and with keys. Returns the expected picture."""
    user.choose(photo)
    whole = user.crop()
    user.press("+", "+", "+")
    closer = user.crop()
    assert closer[2] < whole[2] and closer[3] < whole[3]
    user.drag(60, 40)
    dragged = user.crop()
    assert dragged[0] < closer[0] and dragged[1] < closer[1]
    user.press("Shift+ArrowRight", "ArrowDown")
    assert user.crop() != dragged
    return cropped(photo, user.crop(), 512)


@pytest.mark.parametrize("send", [send_cropped, send_unchanged])
def test_a_phone_photo_becomes_an_upright_avatar_on_every_open_page(ada, new_user, stored, photo, other_photo, send):
    stranger = new_user()
    stranger.visit("/@ada")
    earlier = stored.uploads().keys()
    for chosen in (photo, other_photo):
        before = current_digest(ada.system)
        ada.edit()
        expected = send(ada, chosen)
        ada.save_and_wait()
        (digest,) = {ada.wait_for_digest(where, before) for where in EVERYWHERE}
        assert stranger.wait_for_digest("article", before) == digest
        assert ada.never_reloaded() and stranger.never_reloaded()
        avatar = decode(stored.avatar(digest, 512))
        assert psnr(avatar, expected) > SAME_PICTURE
        assert psnr(avatar.rotate(90), expected) < 15
    assert not any(has_metadata(jpeg) for key, jpeg in stored.assets().items() if key.endswith(".jpg"))
    uploaded = {key: jpeg for key, jpeg in stored.uploads().items() if key not in earlier}
    assert len(uploaded) == 2
    for jpeg in uploaded.values():
        assert has_metadata(jpeg) == (len(jpeg) > MIN_UNCHANGED_BYTES) == (send is send_unchanged)


def test_a_heic_becomes_an_avatar_in_a_browser_that_cannot_decode_it(ada, stored, tmp_path):
    before, earlier = current_digest(ada.system), stored.uploads().keys()
    ada.edit()
    ada.choose(heic_photo(tmp_path))
    ada.save_and_wait()
    (digest,) = {ada.wait_for_digest(where, before) for where in EVERYWHERE}
    assert psnr(decode(stored.avatar(digest, 512)), heic_center(512)) > SAME_PICTURE
    # The picker made a JPEG of it, so the function needs no decoder of HEIC.
    (upload,) = [content for key, content in stored.uploads().items() if key not in earlier]
    assert Image.open(io.BytesIO(upload)).format == "JPEG"


def test_the_browser_loads_a_size_that_fits_the_screen(ada, new_user, photo):
    ada.edit()
    ada.choose_unchanged(photo)
    ada.save_and_wait()
    expect_live_toast(ada)
    phone = new_user(viewport={"width": 360, "height": 740}, device_scale_factor=3)
    phone.visit("/@ada")
    phone.wait_for_digest("article", None)
    for user, where in ((ada, "article"), (ada, "header"), (phone, "article")):
        wide = user.picture(where).evaluate("image => image.clientWidth * devicePixelRatio")
        # With srcset, `naturalWidth` is in CSS pixels. The file name contains the real size.
        side = int(Path(user.picture(where).evaluate("image => image.currentSrc")).stem)
        assert wide <= side < 4 * wide, (where, wide, side)


@pytest.mark.parametrize("send", [send_cropped, send_unchanged])
def test_uploading_the_same_photo_again_completes(ada, photo, send):
    for _ in range(2):
        ada.edit()
        send(ada, photo)
        ada.save_and_wait()
        expect_live_toast(ada)


def test_the_checkbox_keeps_the_photo_that_was_chosen_last(ada, stored, photo, other_photo):
    before = current_digest(ada.system)
    ada.edit()
    checkbox = ada.page.get_by_label("Send the photo unchanged")
    ada.choose(photo)
    checkbox.check()
    checkbox.uncheck()
    ada.choose(other_photo)
    checkbox.check()
    ada.save_and_wait()
    digest = ada.wait_for_digest("article", before)
    assert psnr(decode(stored.avatar(digest, 512)), center_square(other_photo, 512)) > SAME_PICTURE
    # The other direction: a file that was chosen to be sent unchanged can still be cropped.
    ada.edit()
    ada.choose_unchanged(photo)
    checkbox.uncheck()
    ada.wait_until_settled()
    ada.save_and_wait()
    digest = ada.wait_for_digest("article", digest)
    assert psnr(decode(stored.avatar(digest, 512)), center_square(photo, 512)) > SAME_PICTURE


def test_a_text_file_named_jpg_is_refused_by_the_picker(ada, tmp_path):
    text = tmp_path / "holiday.jpg"
    text.write_text("Dear diary, this is no photo. " * 99)
    form = ada.edit()
    ada.page.locator("roundel-picker input[type=file]").first.set_input_files(text)
    expect(form.get_by_text("cannot be read here").or_(form.get_by_text("is not a photo")).first).to_be_visible()
    ada.save()
    expect(form.get_by_role("alert").filter(has_text="continue without a new picture")).to_be_visible()
    ada.save_and_wait()


def test_a_text_file_named_jpg_is_refused_by_the_server(ada, stored, tmp_path):
    text = tmp_path / "holiday.jpg"
    text.write_text("Dear diary, this is no photo. " * 99)
    before = stored.assets()
    form = ada.edit()
    ada.choose_unchanged(text)
    ada.save()
    alert = form.get_by_role("alert").filter(has_text="not a photo")
    expect(alert).to_be_visible()
    assert stored.assets() == before
    # The form still works: the next photo is accepted.
    picture = io.BytesIO()
    Image.new("RGB", (64, 64), "teal").save(picture, "PNG")
    good = tmp_path / "teal.png"
    good.write_bytes(picture.getvalue())
    ada.choose_unchanged(good)
    ada.save_and_wait()


def test_a_file_with_another_extension_is_not_uploaded(ada, stored, tmp_path):
    text = tmp_path / "letter.pdf"
    text.write_bytes(b"%PDF-1.7")
    before = stored.uploads()
    form = ada.edit()
    ada.choose_unchanged(text)
    ada.save()
    expect(form.get_by_role("alert").filter(has_text="cannot be sent")).to_be_visible()
    assert stored.uploads() == before


def test_without_wasm_the_photo_is_sent_unchanged(ada, photo):
    ada.page.route("**/*.wasm", lambda route: route.abort())
    form = ada.edit()
    expect(form.get_by_text("could not be loaded")).to_be_visible()
    form.get_by_label("Photo file").set_input_files(photo)
    ada.save_and_wait()
    expect_live_toast(ada)
