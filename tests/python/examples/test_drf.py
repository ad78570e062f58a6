"""The guest book: three forms that go through the API, each guarded in another way."""

from __future__ import annotations

import json
import urllib.error
import urllib.request

import pytest
from django.core.cache.backends.filebased import FileBasedCache
from playwright.sync_api import Browser, Locator, Page, expect
from widget import Widget

from cattlegrid.rest_captcha import VERSION

from .support import Complaints, Site, looks_right, violations

SITE = "drf"


@pytest.fixture
def opened(page: Page, site: Site, complaints: Complaints) -> Complaints:
    """The page, opened; and what its console says."""
    page.goto(site.url)
    return complaints


def answer_of(site: Site, key: str) -> str:
    """The right answer to a picture of rest_captcha, as the site's cache has it."""
    return str(FileBasedCache(site.data / "cache", {}).get(f"rest_captcha_{key}.{VERSION.major}"))


def widget_of(form: Locator, site: Site) -> Widget:
    return Widget(form.locator("cattlegrid-captcha"), site.answer)


def test_comments_are_read_and_written(page: Page, site: Site, opened: Complaints) -> None:
    form = page.locator("#comment")
    for name in ("Ada", "Grace"):
        form.get_by_label("Name").fill(name)
        form.get_by_label("Comment").fill("A <i>steep</i> way")
        widget_of(form, site).solve()
        form.get_by_role("button", name="Comment").click()
        expect(form.get_by_text("It is in the book.")).to_be_visible()
        expect(page.locator("#comments li").first).to_have_text(f"{name} A <i>steep</i> way")
        expect(form.get_by_label("Name")).to_be_empty()
    page.reload()
    expect(page.locator("#comments li").first).to_contain_text("Grace")
    assert opened.other_than() == []


def test_somebody_signs_up_once(page: Page, site: Site, opened: Complaints) -> None:
    form = page.locator("#sign-up")
    for said in ("Your account is made.", "already exists"):
        form.get_by_label("User name").fill("ada")
        form.get_by_label("Password").fill("analytical engine")
        widget_of(form, site).solve()
        form.get_by_role("button", name="Sign up").click()
        expect(form.locator("> [role=status]")).to_contain_text(said)
    expect(form.get_by_label("User name")).to_have_attribute("aria-invalid", "true")
    expect(form.get_by_label("User name")).to_have_value("ada")
    assert violations(page) == []
    assert site.rows("SELECT username FROM auth_user") == [("ada",)]
    assert opened.other_than("status of 400") == []


def test_a_letter_with_a_picture_of_rest_captcha(page: Page, site: Site, opened: Complaints) -> None:
    form = page.locator("#letter")
    key, picture = form.locator("[name=captcha_key]"), form.locator("img")
    expect(key).not_to_be_empty()
    form.get_by_label("Your e-mail").fill("ada@example.org")
    form.get_by_label("Letter").fill("May I stay a week?")

    first = key.input_value()
    form.get_by_role("button", name="New picture").click()
    expect(key).not_to_have_value(first)
    expect(form.get_by_label("What does the picture say?")).to_be_focused()
    assert form.get_by_label("Letter").input_value() == "May I stay a week?"

    second, shown = key.input_value(), picture.get_attribute("src")
    form.get_by_label("What does the picture say?").fill("wrong")
    form.get_by_role("button", name="Send").click()
    expect(form.locator("> [role=status]")).to_contain_text("Invalid captcha value")
    expect(key).not_to_have_value(second)
    expect(picture).not_to_have_attribute("src", str(shown))
    assert form.get_by_label("Letter").input_value() == "May I stay a week?"

    form.get_by_label("What does the picture say?").fill(answer_of(site, key.input_value()))
    form.get_by_role("button", name="Send").click()
    expect(form.get_by_text("Your letter has arrived.")).to_be_visible()
    assert site.rows("SELECT email, text FROM guestbook_letter") == [
        ("ada@example.org", "May I stay a week?")
    ]
    assert opened.other_than("status of 400") == []


@pytest.mark.parametrize("endpoint", ["accounts", "comments"])
@pytest.mark.parametrize(("token", "status"), [(None, 400), ("forged", 403)])
def test_programs_are_told_why(site: Site, endpoint: str, token: str | None, status: int) -> None:
    body = json.dumps(
        {"name": "Herd", "text": "Moo", "username": "herd", "password": "moo moo moo", "captcha": token}
    )
    headers = {"Content-Type": "application/json"}
    request = urllib.request.Request(f"{site.url}/api/{endpoint}/", body.encode(), headers)
    with pytest.raises(urllib.error.HTTPError) as refused:
        urllib.request.urlopen(request)
    assert refused.value.code == status
    assert json.load(refused.value)["error-codes"]
    refused.value.close()
    assert ("herd",) not in site.rows("SELECT username FROM auth_user")
    assert ("Herd",) not in site.rows("SELECT name FROM guestbook_comment")


def test_looks(browser: Browser, site: Site) -> None:
    looks_right(browser, site.url, "drf", "#letter img[src]")
