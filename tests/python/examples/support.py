"""An example site that runs, and somebody who uses it."""

from __future__ import annotations

import sqlite3
import time
from contextlib import closing
from dataclasses import dataclass
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path
from typing import Callable

from playwright.sync_api import Browser, ConsoleMessage, Page, expect

ROOT = Path(__file__).resolve().parents[3]
AXE = ROOT / "tests" / "browser" / "node_modules" / "axe-core" / "axe.min.js"
SCREENSHOTS = ROOT / "target" / "screenshots"
LONGEST_WAIT = 60.0


@dataclass(frozen=True)
class Site:
    """An example site that runs."""

    url: str
    data: Path
    answer_of: Callable[[str, str], str]

    def answer(self, key: str) -> str:
        """The answer to a challenge of this site."""
        return self.answer_of(key, (self.data / "captcha.secret").read_text())

    def rows(self, query: str) -> list[tuple[object, ...]]:
        """What the site's database holds."""
        with closing(sqlite3.connect(self.data / "site.sqlite3")) as connection:
            return connection.execute(query).fetchall()

    def letters(self, to: str) -> list[EmailMessage]:
        """What the site has written to this address, in files."""
        files = sorted(self.data.glob("mail/*"))
        letters = (message_from_bytes(file.read_bytes(), policy=policy.default) for file in files)
        return [letter for letter in letters if isinstance(letter, EmailMessage) and letter["To"] == to]

    def first_letter(self, to: str) -> EmailMessage:
        """The only one, when it is there."""
        deadline = time.monotonic() + LONGEST_WAIT
        while not self.letters(to):
            assert time.monotonic() < deadline
            time.sleep(0.1)
        (letter,) = self.letters(to)
        return letter


class Complaints:
    """What a page says on its console, of which a good page says nothing."""

    def __init__(self, page: Page) -> None:
        self._said: list[str] = []
        page.on("console", self._hear)
        page.on("pageerror", lambda error: self._said.append(str(error)))

    def _hear(self, message: ConsoleMessage) -> None:
        self._said.append(message.text)

    def other_than(self, *expected: str) -> list[str]:
        """What was said that has none of `expected` in it."""
        return [said for said in self._said if not any(text in said for text in expected)]


def takes_a_while(page: Page) -> None:
    """Waits until the page's form is as old as people's are when they send them."""
    # Why not a timer of the page: one without scripts has none.
    age = page.evaluate("performance.now() - performance.getEntriesByType('navigation')[0].responseStart")
    page.wait_for_timeout(max(0, 2000 - age))


def fills_in_everything(page: Page) -> None:
    """Sends the page's form as programs do, with something in every field."""
    fill = "form => { for (const field of form) if (!field.value) field.value = 'https://spam.example' }"
    page.locator("form").evaluate(fill)
    page.locator("form").evaluate("form => form.submit()")


LOOKS = {
    "light, on a desk": {"color_scheme": "light", "viewport": {"width": 1280, "height": 900}},
    "dark, on a desk": {"color_scheme": "dark", "viewport": {"width": 1280, "height": 900}},
    "light, on a phone": {"color_scheme": "light", "viewport": {"width": 360, "height": 740}},
}


def looks_right(browser: Browser, url: str, name: str, ready: str) -> None:
    """Opens a page in every look: it fits, axe-core finds nothing, and a picture is kept for people to see.

    `ready` selects what is to be there first.
    """
    for look, options in LOOKS.items():
        context = browser.new_context(reduced_motion="reduce", device_scale_factor=2, **options)
        page = context.new_page()
        complaints = Complaints(page)
        response = page.goto(url)
        policy = (response and response.header_value("content-security-policy")) or ""
        assert policy.startswith("default-src 'self';")
        assert "unsafe" not in policy
        page.locator(ready).first.wait_for()
        expect(page.locator("[data-state=loading]")).to_have_count(0)
        SCREENSHOTS.mkdir(parents=True, exist_ok=True)
        kept = SCREENSHOTS / f"example-{name}-{look.replace(', on a ', '-')}.png"
        page.screenshot(path=kept, full_page=True)
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), f"{look}: it sticks out"
        assert violations(page) == [], look
        assert complaints.other_than() == [], look
        context.close()


def violations(page: Page) -> list[tuple[str, list[str]]]:
    """The rules that axe-core, which `tests/browser` has, finds broken, and the elements that break them."""
    assert AXE.is_file(), f"{AXE} is missing: run `npm ci` in tests/browser"
    page.evaluate(AXE.read_text())
    results = page.evaluate("() => axe.run()")
    return [(rule["id"], [node["html"] for node in rule["nodes"]]) for rule in results["violations"]]
