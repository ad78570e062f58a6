"""The widget in a browser."""

from __future__ import annotations

from typing import Callable

from playwright.sync_api import Locator


class Widget:
    """The widget `<cattlegrid-captcha>` on a page, as a person meets it."""

    def __init__(self, host: Locator, answer_to: Callable[[str], str]) -> None:
        self.host = host
        self.field = host.get_by_role("textbox")
        self.check = host.locator(".check")
        self.refresh = host.locator(".refresh")
        self.status = host.get_by_role("status")
        self._picture = host.get_by_role("img")
        self._answer_to = answer_to

    def reaches(self, state: str) -> None:
        """Waits for a state: `loading`, `ready`, `checking`, `solved` or `failed`."""
        self.host.locator(f"[data-state={state}]").wait_for()

    def key(self) -> str:
        """The key of the challenge that is shown."""
        self.reaches("ready")
        address: str = self._picture.evaluate("image => image.currentSrc")
        return address.split("/challenges/")[1].split("/")[0]

    def answer(self) -> str:
        """The right answer to the challenge that is shown."""
        return self._answer_to(self.key())

    def give_answer(self) -> None:
        """Types the right answer and has it checked."""
        self.field.fill(self.answer())
        self.check.click()

    def solve(self) -> None:
        """Gives the right answer to a widget that stays."""
        self.give_answer()
        self.reaches("solved")

    def token(self) -> str:
        """The response token, as the element has it."""
        token: str = self.host.evaluate("host => host.value")
        return token
