"""A user with a browser. Elements are found by role and label, as a screen reader does."""

from __future__ import annotations

from pathlib import Path

from playwright.sync_api import BrowserContext, Locator, Page

from demo.system import System

PICKER = "document.querySelector('roundel-picker')"


class BrowserUser:
    """A browser context, and the actions of a user in it."""

    def __init__(self, context: BrowserContext, system: System):
        self.context, self.system = context, system
        self.page: Page = context.new_page()
        self.problems: list[str] = []
        self.page.on("pageerror", lambda error: self.problems.append(str(error)))
        self.page.on("console", self.on_console)
        # Accept the question whether to leave without saving.
        self.page.on("dialog", self.accept_dialog)

    def accept_dialog(self, dialog) -> None:
        dialog.accept()

    def on_console(self, message) -> None:
        """Collects policy violations, which only the console reports."""
        if "Content Security Policy" in message.text or "blocked by CORS" in message.text:
            self.problems.append(message.text)

    def close(self) -> None:
        self.context.close()
        assert not self.problems

    def visit(self, path: str) -> None:
        self.page.goto(self.system.url + path)
        # A reload of the page would remove this variable.
        self.page.evaluate("window.sameDocument = true")

    def never_reloaded(self) -> bool:
        return self.page.evaluate("window.sameDocument === true")

    def sign_in(self, name: str, password: str | None = None) -> None:
        self.visit("/signin")
        self.page.get_by_label("Username").fill(name)
        self.page.get_by_label("Password").fill(password or self.system.user_pool.password)
        self.page.get_by_role("button", name="Sign in").click()
        if password is None:
            self.page.get_by_role("button", name="Edit profile").wait_for()

    def edit(self) -> Locator:
        self.page.get_by_role("button", name="Edit profile").click()
        form = self.page.get_by_role("dialog", name="Edit profile")
        form.locator("roundel-picker, [role=status]:not([hidden])").first.wait_for()
        return form

    def choose(self, photo: Path) -> None:
        """Chooses a photo in the picker, and waits until it is rendered."""
        self.page.locator("roundel-picker input[type=file]").first.set_input_files(photo)
        self.wait_until_settled()

    def wait_until_settled(self) -> None:
        self.page.wait_for_function(f"() => {PICKER}.photo && {PICKER}.rendered")
        self.page.evaluate(f"{PICKER}.settled()")

    def crop(self) -> tuple[float, float, float, float]:
        return tuple(self.page.evaluate(f"{PICKER}.crop"))

    def cropper(self) -> Locator:
        return self.page.locator('roundel-picker [part~="cropper"]')

    def drag(self, across: float, down: float) -> None:
        """Drags the photo by this many CSS pixels."""
        self.cropper().scroll_into_view_if_needed()
        box = self.cropper().bounding_box()
        x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
        mouse = self.page.mouse
        mouse.move(x, y)
        mouse.down()
        mouse.move(x + across / 2, y + down / 2)
        mouse.move(x + across, y + down)
        mouse.up()
        self.wait_until_settled()

    def press(self, *keys: str) -> None:
        """Presses keys while the photo has the focus."""
        self.cropper().focus()
        for key in keys:
            self.page.keyboard.press(key)
        self.wait_until_settled()

    def choose_unchanged(self, photo: Path) -> None:
        """Checks "Send the photo unchanged", and chooses a file."""
        self.page.get_by_label("Send the photo unchanged").check()
        self.page.get_by_label("Photo file").set_input_files(photo)

    def save(self) -> None:
        self.page.get_by_role("button", name="Save").click()

    def save_and_wait(self) -> None:
        self.save()
        self.page.get_by_role("dialog").wait_for(state="detached")

    def shown(self, where: str) -> str:
        """The digest of the shown avatar, from its address."""
        return self.picture(where).evaluate("image => image.currentSrc.split('/').at(-2)")

    def picture(self, where: str) -> Locator:
        return self.page.locator(f"{where} .avatar img")

    def wait_for_digest(self, where: str, other_than: str | None) -> str:
        self.page.wait_for_function(
            """([where, other]) => {
                const image = document.querySelector(`${where} .avatar img`);
                return image?.complete && image.naturalWidth && image.currentSrc.split("/").at(-2) !== other;
            }""",
            arg=[where, other_than],
        )
        return self.shown(where)
