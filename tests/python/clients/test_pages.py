"""The forms of the packages in a real browser: what their own templates write, and scripts load."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Callable

import pytest
from playwright.sync_api import Browser, Page, Route, expect
from server import Server
from widget import Widget

from .conftest import Website, keys_of
from .packages import BLOCKING, FOR_TESTS, PACKAGES, Package

Start = Callable[..., Website]

PAGES = [package for package in PACKAGES if package.asks != "nowhere"]
each = pytest.mark.parametrize("package", PAGES, ids=str)


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """A page that believes the certificate of the tests."""
    with browser.new_context(ignore_https_errors=True) as context:
        page = context.new_page()
        wrong: list[str] = []
        page.on("pageerror", lambda error: wrong.append(str(error)))
        yield page
        assert wrong == []


def visit(page: Page, site: Website) -> None:
    page.goto(site.url)
    if site.package.asks == "when sent":
        # Why: the package's own script listens to the form no sooner.
        page.evaluate("() => new Promise((ready) => grecaptcha.ready(ready))")


def send(page: Page) -> None:
    page.get_by_role("button", name="Send").click()


def welcomes(page: Page) -> None:
    expect(page.get_by_role("heading", name="Welcome")).to_be_visible()


def is_shown_the_form_again(page: Page) -> None:
    with page.expect_navigation():
        send(page)
    expect(page.get_by_role("button", name="Send")).to_be_visible()


@each
def test_somebody_answers_and_is_let_in(
    package: Package, website: Start, cattlegrid: Server, page: Page
) -> None:
    visit(page, website(package, keys_of(package.dialect)))
    widget = Widget(page.locator("cattlegrid-captcha"), cattlegrid.answer)
    if package.asks == "at once":
        widget.solve()
        send(page)
    else:
        send(page)
        widget.give_answer()
    welcomes(page)


@each
def test_somebody_who_is_wrong_may_try_another(
    package: Package, website: Start, cattlegrid: Server, page: Page
) -> None:
    visit(page, website(package, keys_of(package.dialect)))
    widget = Widget(page.locator("cattlegrid-captcha"), cattlegrid.answer)
    if package.asks == "when sent":
        send(page)
    first = widget.key()
    widget.field.fill("wrong")
    widget.check.click()
    expect(widget.status).to_contain_text("That was not it")
    assert widget.key() != first
    widget.give_answer()
    if package.asks == "at once":
        widget.reaches("solved")
        send(page)
    welcomes(page)


@pytest.mark.parametrize("package", [it for it in PAGES if it.name.endswith("v2 invisible")], ids=str)
def test_somebody_may_be_quicker_than_the_script(
    package: Package, website: Start, cattlegrid: Server, page: Page
) -> None:
    held: list[Route] = []
    modules = "**/widget/compat/*.js"
    page.route(modules, lambda route: route.continue_() if held else held.append(route))
    with page.expect_request(modules):
        page.goto(website(package, keys_of(package.dialect)).url)
    send(page)
    held[0].continue_()
    Widget(page.locator("cattlegrid-captcha"), cattlegrid.answer).give_answer()
    welcomes(page)


@pytest.mark.parametrize("package", [it for it in PAGES if it.asks == "at once"], ids=str)
def test_nobody_is_let_in_without_an_answer(package: Package, website: Start, page: Page) -> None:
    visit(page, website(package, keys_of(package.dialect)))
    Widget(page.locator("cattlegrid-captcha"), str).reaches("ready")
    is_shown_the_form_again(page)


@pytest.mark.parametrize("package", [it for it in PAGES if it.dialect in FOR_TESTS], ids=str)
def test_a_key_for_tests_lets_everybody_in(package: Package, website: Start, page: Page) -> None:
    visit(page, website(package, FOR_TESTS[package.dialect].keys))
    if package.asks == "at once":
        Widget(page.locator("cattlegrid-captcha"), str).reaches("solved")
    send(page)
    welcomes(page)


@pytest.mark.parametrize("package", [it for it in PAGES if it.dialect == "turnstile"], ids=str)
def test_a_key_for_tests_lets_nobody_in(package: Package, website: Start, page: Page) -> None:
    visit(page, website(package, BLOCKING[package.dialect].keys))
    Widget(page.locator("cattlegrid-captcha"), str).reaches("failed")
    is_shown_the_form_again(page)
