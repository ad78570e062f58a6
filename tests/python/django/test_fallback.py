"""A second provider for while the first cannot be reached."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import website
from django.test import Client, override_settings
from website_support import Provider, Settings

EMAIL = {"email": "ada@example.org"}
FIRST, SECOND = "cf-turnstile-response", "h-captcha-response"


@pytest.fixture
def other() -> Iterator[Provider]:
    """Another provider that lets everybody pass."""
    provider = Provider()
    yield provider
    provider.stop()


@pytest.fixture(autouse=True)
def _site(turnstile: Settings, other: Provider) -> Iterator[None]:
    fallback = {
        "PROVIDER": "hcaptcha",
        "SITE_KEY": "other",
        "SECRET_KEY": "another-secret-key",
        "VERIFY_URL": other.url,
    }
    with override_settings(CATTLEGRID={**turnstile, "FALLBACK": fallback}):
        yield


@pytest.mark.parametrize("path", ["/plain", "/awaited", "/permitted", "/contact"])
def test_each_way_to_check_knows_whose_token_it_is(path: str, provider: Provider, other: Provider) -> None:
    assert Client().post(path, {**EMAIL, FIRST: "one"}).status_code == 200
    early = Client().post(path, {**EMAIL, SECOND: "two"})
    assert b"unexpected-provider" in early.content
    provider.reply = (502, {}, b"")
    late = Client().post(path, {**EMAIL, FIRST: "three"})
    assert b"provider-unreachable" in late.content
    assert len(website.RAN) == 1
    assert Client().post(path, {**EMAIL, SECOND: "two"}).status_code == 200
    assert [form["response"] for form in other.asked if form["response"] in ("one", "three")] == []


def test_an_api_takes_the_second_provider_s_name_for_a_token(provider: Provider) -> None:
    provider.reply = (502, {}, b"")
    sent = {"text": "hello", SECOND: "token"}
    assert Client().post("/messages", sent, content_type="application/json").status_code == 201
    again = Client().post("/messages", {**sent, "captcha": "token"}, content_type="application/json")
    assert again.json()["error-codes"] == ["provider-unreachable"]


def test_a_form_comes_back_with_the_other_widget(provider: Provider) -> None:
    page = Client().get("/page").content.decode()
    assert 'class="cf-turnstile"' in page
    provider.reply = (502, {}, b"")
    again = Client().post("/page", {**EMAIL, FIRST: "token"}).content.decode()
    assert "The CAPTCHA cannot be checked at the moment." in again
    assert 'data-sitekey="other" class="h-captcha"' in again
    assert "https://js.hcaptcha.com/1/api.js" in again
