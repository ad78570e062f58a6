"""The refresh button, in a real browser and under a strict content security policy."""

from __future__ import annotations

import re
import threading
from collections.abc import Iterator
from typing import Any, Callable
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server

import pytest
from django.core.wsgi import get_wsgi_application
from django.db import connections
from django.http import HttpRequest, HttpResponse
from django.test import override_settings
from playwright.sync_api import Browser, Page, Route, expect

from cattlegrid.simple_captcha.models import CaptchaStore

pytestmark = pytest.mark.usefixtures("django_beside_a_browser")

POLICY = "default-src 'none'; script-src 'self'; img-src 'self'; connect-src 'self'; form-action 'self'"


def strict(view: Callable[[HttpRequest], HttpResponse]) -> Callable[[HttpRequest], HttpResponse]:
    """A middleware: nothing inline runs, and nothing from elsewhere."""

    def middleware(request: HttpRequest) -> HttpResponse:
        response = view(request)
        response["Content-Security-Policy"] = POLICY
        return response

    return middleware


class Quiet(WSGIRequestHandler):
    """Says nothing of the requests."""

    def log_message(self, *_: Any) -> None:
        """Nothing."""


@pytest.fixture
def address() -> Iterator[str]:
    """Where the site is."""
    with override_settings(MIDDLEWARE=[f"{__name__}.strict"]):
        server = make_server("127.0.0.1", 0, get_wsgi_application(), WSGIServer, Quiet)
        thread = threading.Thread(target=_serve, args=(server,))
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()
        server.server_close()


def _serve(server: WSGIServer) -> None:
    server.serve_forever(0.05)
    connections.close_all()


@pytest.fixture
def page(browser: Browser, address: str) -> Iterator[Page]:
    """The form, and no mistake in the console."""
    page = browser.new_page(base_url=address)
    mistakes: list[str] = []
    page.on("pageerror", lambda error: mistakes.append(str(error)))
    page.on(
        "console", lambda message: mistakes.append(message.text) if "policy" in message.text.lower() else None
    )
    page.goto("/sign-up/")
    yield page
    page.close()
    assert mistakes == []


def key(page: Page, name: str = "captcha") -> str:
    """What the form will post."""
    return page.locator(f"input[name={name}_0]").input_value()


def shown(page: Page) -> list[str]:
    """The keys of the pictures."""
    sources = page.locator("img.captcha").evaluate_all("images => images.map(image => image.src)")
    return [re.search(r"/image/(\w+)", source)[1] for source in sources]  # type: ignore[index]


def test_a_button_changes_the_picture_and_keeps_the_form(page: Page) -> None:
    before = key(page)
    page.get_by_label("Name").fill("Ada")
    page.locator("[name=captcha_1]").fill("wrong")
    page.get_by_role("button", name="New picture").click()
    expect(page.get_by_role("status")).to_have_text("The picture has changed.")
    assert shown(page) == [key(page)] != [before]
    assert page.get_by_label("Name").input_value() == "Ada"
    assert page.locator("[name=captcha_1]").input_value() == ""

    page.locator("[name=captcha_1]").fill(CaptchaStore.objects.get(hashkey=key(page)).response)
    assert page.locator("img.captcha").evaluate("image => image.complete && image.naturalWidth > 0")


def test_the_keyboard_is_enough(page: Page) -> None:
    before = key(page)
    button = page.get_by_role("button", name="New picture")
    button.focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("status")).to_have_text("The picture has changed.")
    expect(button).to_be_focused()
    assert key(page) != before


@pytest.mark.parametrize(
    "failure",
    [
        lambda route: route.abort(),
        lambda route: route.fulfill(status=410),
        lambda route: route.fulfill(status=200, body="<p>no JSON</p>"),
        lambda route: route.fulfill(json={}),
        lambda route: route.fulfill(json={"key": "../evil"}),
        lambda route: route.fulfill(json={"key": "unknown"}),
    ],
    ids=["offline", "gone", "HTML", "nothing", "no key", "no picture"],
)
def test_a_failure_is_told_and_leaves_the_captcha_as_it_was(
    page: Page, failure: Callable[[Route], None]
) -> None:
    before = key(page)
    page.route("**/refresh/", failure)
    page.get_by_role("button", name="New picture").click()
    expect(page.get_by_text("could not be changed")).to_be_visible()
    assert shown(page) == [key(page)] == [before]
    page.unroute("**/refresh/")
    page.get_by_role("button", name="New picture").click()
    expect(page.get_by_role("status")).to_have_text("The picture has changed.")
    assert key(page) != before


def test_captchas_are_changed_one_by_one_and_wherever_they_come_from(page: Page) -> None:
    page.evaluate(
        """async () => {
            const text = await (await fetch("/sign-up/")).text();
            const more = new DOMParser().parseFromString(text, "text/html");
            const form = more.querySelector("form");
            for (const input of form.querySelectorAll("[name^=captcha]"))
                input.name = input.name.replace("captcha", "later");
            form.querySelector("img").srcset = form.querySelector("img").src.replace(/.$/, "@2/ 2x");
            document.body.append(form);
        }"""
    )
    buttons = page.get_by_role("button", name="New picture")
    expect(buttons).to_have_count(2)
    first, later = key(page), key(page, "later")
    buttons.last.click()
    expect(page.get_by_role("status").last).to_have_text("The picture has changed.")
    assert key(page) == first
    assert key(page, "later") != later
    assert shown(page) == [first, key(page, "later")]
    assert key(page, "later") in str(page.locator("img.captcha").last.get_attribute("srcset"))


def test_a_link_to_the_sound_follows(browser: Browser, address: str) -> None:
    with override_settings(CAPTCHA_FLITE_PATH="/bin/true"):
        page = browser.new_page(base_url=address)
        page.goto("/sign-up/")
        page.get_by_role("button", name="New picture").click()
        expect(page.get_by_role("status")).to_have_text("The picture has changed.")
        assert page.locator("a").get_attribute("href") == f"/captcha/audio/{key(page)}.wav"
        page.close()


def test_a_button_of_the_sites_own_is_used(page: Page) -> None:
    page.evaluate(
        """async () => {
            const text = await (await fetch("/sign-up/")).text();
            const more = new DOMParser().parseFromString(text, "text/html");
            const form = more.querySelector("form");
            const button = "<button data-captcha-refresh>Again</button>";
            form.querySelector("img").insertAdjacentHTML("afterend", button);
            document.querySelector("form").replaceWith(form);
        }"""
    )
    before = key(page)
    expect(page.get_by_role("button", name="New picture")).to_have_count(0)
    page.get_by_role("button", name="Again").click()
    expect(page.get_by_role("status")).to_have_text("The picture has changed.")
    assert key(page) != before
