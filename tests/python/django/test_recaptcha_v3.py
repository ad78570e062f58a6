"""Our script for reCAPTCHA v3 and for score keys of Enterprise, in a real browser."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Callable

import pytest
from playwright.sync_api import Browser, Page, expect
from website_support import Provider, Settings

pytestmark = pytest.mark.usefixtures("django_beside_a_browser")

GOOGLE = "https://www.google.com/recaptcha/*.js?render=site"
ANSWERING = """
let count = 0;
window.grecaptcha = {
  ready: (callback) => setTimeout(callback, 50),
  execute: async (key, { action }) => `${key}.${action}.${++count}`,
};
"""
ENTERPRISE = ANSWERING.replace("window.grecaptcha =", "window.grecaptcha = {}; grecaptcha.enterprise =")
FAILING = ANSWERING.replace("execute: async", "execute: async () => { throw new Error('blocked'); }, other:")


@pytest.fixture
def page(
    request: pytest.FixtureRequest,
    browser: Browser,
    turnstile: Settings,
    under_gunicorn: Callable[..., AbstractContextManager[str]],
) -> Iterator[Page]:
    """A form with reCAPTCHA v3, and a script of Google's that has a token at once."""
    provider = getattr(request, "param", "recaptcha_v3")
    settings = {**turnstile, "PROVIDER": provider, "ACTION": "contact"}
    environ = {"WEBSITE_CAPTCHA": json.dumps(settings)}
    with under_gunicorn("website_wsgi", Path(__file__).parent, **environ) as url:
        page = browser.new_page(base_url=url)
        serve(page, ENTERPRISE if provider == "recaptcha_enterprise" else ANSWERING)
        page.goto("/page")
        page.get_by_label("Email").fill("ada@example.org")
        yield page
        page.close()


@pytest.fixture(autouse=True)
def _score(provider: Provider) -> None:
    provider.verification = {"success": True, "score": 0.9, "action": "contact"}


def serve(page: Page, script: str) -> None:
    """Plays Google's script."""
    page.route(GOOGLE, lambda route: route.fulfill(content_type="text/javascript", body=script))


def test_a_token_is_fetched_when_the_form_is_sent(page: Page, provider: Provider) -> None:
    expect(page.locator("[name=g-recaptcha-response]")).to_have_value("")
    page.get_by_text("By phone").click()
    expect(page.get_by_text("Thank you! phone")).to_be_visible()
    assert [question["response"] for question in provider.asked] == ["site.contact.1"]


@pytest.mark.parametrize("page", ["recaptcha_enterprise"], indirect=True)
def test_enterprise_is_asked_for_a_token_in_the_same_way(page: Page, provider: Provider) -> None:
    token = {"valid": True, "hostname": "example.org", "action": "contact"}
    provider.verification = {"tokenProperties": token, "riskAnalysis": {"score": 0.9}}
    page.get_by_text("By phone").click()
    expect(page.get_by_text("Thank you! phone")).to_be_visible()
    assert provider.events[0]["event"]["token"] == "site.contact.1"


def test_a_form_that_is_sent_twice_in_haste_is_sent_once(page: Page, provider: Provider) -> None:
    page.get_by_text("By post").dblclick()
    expect(page.get_by_text("Thank you! post")).to_be_visible()
    assert len(provider.asked) == 1


def test_a_page_that_sends_by_itself_finds_the_token(page: Page, provider: Provider) -> None:
    page.evaluate("""() => {
        document.title = 'sent';
        document.forms[0].addEventListener('submit', (event) => {
            event.preventDefault();
            document.title += ' ' + new FormData(event.target, event.submitter).get('g-recaptcha-response');
        });
    }""")
    page.get_by_text("By post").click()
    expect(page).to_have_title("sent site.contact.1")
    page.get_by_text("By post").click()
    expect(page).to_have_title("sent site.contact.1 site.contact.2")
    assert provider.asked == []


def test_a_form_without_a_token_is_told_by_the_site(page: Page, provider: Provider) -> None:
    serve(page, FAILING)
    page.reload()
    page.get_by_label("Email").fill("ada@example.org")
    page.get_by_text("By post").click()
    expect(page.get_by_text("Please solve the CAPTCHA.")).to_be_visible()
    expect(page.get_by_label("Email")).to_have_value("ada@example.org")
    assert provider.asked == []
