"""Sign-in, and the texts of a profile."""

from __future__ import annotations

from playwright.sync_api import expect


def test_name_and_bio_change_on_every_open_page(ada, new_user):
    stranger = new_user()
    stranger.visit("/@ada")
    form = ada.edit()
    form.get_by_label("Display name").fill("Ada <b>Lovelace</b>")
    form.get_by_label("Bio").fill("First line\nand <i>second</i>")
    ada.save_and_wait()
    for user in (ada, stranger):
        expect(user.page.get_by_role("heading", level=1)).to_have_text("Ada <b>Lovelace</b>")
        expect(user.page.locator(".bio")).to_have_text("First line and <i>second</i>")
        assert user.never_reloaded()
    assert ada.page.locator(".bio").inner_text() == "First line\nand <i>second</i>"


def test_a_blank_name_and_a_long_bio_are_refused(ada):
    form = ada.edit()
    name, bio = form.get_by_label("Display name"), form.get_by_label("Bio")
    name.fill(" ")
    ada.save()
    expect(form.get_by_text("Enter a name")).to_be_visible()
    expect(name).to_be_focused()
    name.fill("Ada")
    bio.fill("x" * 501)
    ada.save()
    expect(form.get_by_text("The maximum is 500 characters")).to_be_visible()


def test_an_unedited_field_does_not_overwrite_changes(ada, new_user):
    other = new_user()
    other.sign_in("ada")
    theirs = other.edit()
    ours = ada.edit()
    ours.get_by_label("Bio").fill("Written in the first window")
    ada.save_and_wait()
    expect(theirs.get_by_label("Bio")).to_have_value("Written in the first window")
    theirs.get_by_label("Display name").fill("Ada of the second")
    other.save_and_wait()
    expect(other.page.get_by_role("heading", level=1)).to_have_text("Ada of the second")
    expect(ada.page.locator(".bio")).to_have_text("Written in the first window")


def test_closing_the_form_with_changes_asks_first(ada):
    form = ada.edit()
    form.get_by_label("Bio").fill("Nearly lost")
    questions = []
    ada.page.remove_listener("dialog", ada.accept_dialog)
    ada.page.once("dialog", lambda dialog: (questions.append(dialog.message), dialog.dismiss()))
    ada.page.keyboard.press("Escape")
    expect(form.get_by_label("Bio")).to_have_value("Nearly lost")
    assert len(questions) == 1 and "without saving" in questions[0]
    ada.page.on("dialog", ada.accept_dialog)


def test_only_the_owner_may_edit(new_user):
    bob = new_user()
    bob.sign_in("bob")
    bob.visit("/@ada")
    expect(bob.page.get_by_role("heading", level=1)).to_be_visible()
    expect(bob.page.get_by_role("button", name="Edit profile")).to_have_count(0)


def test_a_wrong_password_shows_a_message(new_user):
    stranger = new_user()
    stranger.sign_in("ada", "not-her-password")
    alert = stranger.page.get_by_role("alert").filter(has_text="password")
    expect(alert).to_be_visible()
    assert "NotAuthorized" not in alert.inner_text()


def test_an_unknown_handle_shows_a_message(new_user):
    stranger = new_user()
    stranger.visit("/@unknown-user")
    expect(stranger.page.get_by_role("heading", level=1)).to_have_text("User not found")


def test_an_expired_session_keeps_the_form(ada, system):
    form = ada.edit()
    form.get_by_label("Bio").fill("Not to be lost")
    # As if the pool had revoked both tokens.
    ada.page.route(f"{system.url}/api/profile/update", lambda route: route.fulfill(
        status=401, json={"code": "unauthorized", "message": "sign in first"}
    ), times=2)
    ada.page.route(f"{system.aws.url}/", lambda route: route.fulfill(
        status=400, json={"__type": "NotAuthorizedException", "message": "Refresh Token has been revoked"}
    ), times=1)
    ada.save()
    expect(ada.page.get_by_text("Your session has ended")).to_be_visible()
    ada.page.get_by_label("Username").fill("ada")
    ada.page.get_by_label("Password").fill(system.user_pool.password)
    ada.page.get_by_role("button", name="Sign in").click()
    form = ada.page.get_by_role("dialog", name="Edit profile")
    expect(form.get_by_label("Bio")).to_have_value("Not to be lost")
    ada.save_and_wait()
    expect(ada.page.locator(".bio")).to_have_text("Not to be lost")


def test_saving_offline_shows_a_message_and_can_be_repeated(ada):
    form = ada.edit()
    form.get_by_label("Bio").fill("Written in a tunnel")
    ada.context.set_offline(True)
    ada.save()
    expect(form.get_by_role("alert").filter(has_text="connection")).to_be_visible()
    ada.context.set_offline(False)
    ada.save_and_wait()
    expect(ada.page.locator(".bio")).to_have_text("Written in a tunnel")
