"""The seed shop: sign-up, contact form and wishes."""

from __future__ import annotations

import json
import urllib.error
import urllib.parse
import urllib.request

import pytest
from mail import parts_of, token_in
from playwright.sync_api import Browser, Page, expect
from widget import Widget

from .support import Complaints, Site, fills_in_everything, looks_right, takes_a_while, violations

SITE = "flask"
PASSWORD = "analytical engine"
ADDRESS = "ada@example.org"


@pytest.fixture
def widget(page: Page, site: Site) -> Widget:
    """The widget of the page."""
    return Widget(page.locator("cattlegrid-captcha"), site.answer)


def test_somebody_signs_up(page: Page, site: Site, widget: Widget, complaints: Complaints) -> None:
    page.goto(site.url)
    page.get_by_label("Name").fill("Ada")
    page.get_by_label("Password").fill(PASSWORD)
    widget.solve()
    takes_a_while(page)
    page.get_by_role("button", name="Sign up").click()
    expect(page.get_by_role("heading", name="Thank you")).to_be_visible()
    assert site.rows("SELECT name FROM account") == [("Ada",)]
    assert complaints.other_than() == []


def test_and_with_the_keyboard_alone(page: Page, site: Site, widget: Widget, complaints: Complaints) -> None:
    page.goto(site.url)
    widget.reaches("ready")
    page.get_by_label("Name").focus()
    page.keyboard.type("Grace")
    page.keyboard.press("Tab")
    page.keyboard.type(PASSWORD)
    page.keyboard.press("Tab")
    page.keyboard.type(widget.answer())
    page.keyboard.press("Enter")
    widget.reaches("solved")
    takes_a_while(page)
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Thank you")).to_be_visible()
    assert complaints.other_than() == []


def test_a_wrong_answer_brings_another_picture_and_keeps_the_form(
    page: Page, site: Site, widget: Widget, complaints: Complaints
) -> None:
    page.goto(site.url)
    page.get_by_label("Name").fill("Ada")
    page.get_by_label("Password").fill(PASSWORD)
    first = widget.key()
    widget.field.fill("wrong")
    widget.check.click()
    expect(widget.status).to_contain_text("That was not it")
    assert widget.key() != first
    assert page.get_by_label("Password").input_value() == PASSWORD
    assert complaints.other_than() == []


def test_a_new_picture_can_be_asked_for(page: Page, site: Site, widget: Widget) -> None:
    page.goto(site.url)
    page.get_by_label("Name").fill("Ada")
    first = widget.key()
    widget.refresh.click()
    expect(widget.status).to_contain_text("new picture")
    assert widget.key() != first
    assert page.get_by_label("Name").input_value() == "Ada"


def test_mistakes_keep_what_was_typed(page: Page, site: Site, widget: Widget, complaints: Complaints) -> None:
    page.goto(f"{site.url}/contact")
    page.locator("form").evaluate("form => { form.noValidate = true }")
    page.get_by_label("Your e-mail").fill("nowhere")
    page.get_by_role("textbox", name="Message").fill("Where are <b>my</b> seeds?")
    widget.solve()
    takes_a_while(page)
    page.get_by_role("button", name="Send").click()
    expect(page.get_by_role("alert")).to_contain_text("e-mail address")
    assert page.get_by_role("textbox", name="Message").input_value() == "Where are <b>my</b> seeds?"
    assert violations(page) == []
    page.get_by_label("Your e-mail").fill("ada@example.org")
    widget.solve()
    page.get_by_role("button", name="Send").click()
    expect(page.get_by_role("heading", name="Thank you")).to_be_visible()
    assert ("ada@example.org", "Where are <b>my</b> seeds?") in site.rows("SELECT * FROM letter")
    assert complaints.other_than("422") == []


def test_a_form_without_a_token_is_shown_again(page: Page, site: Site, complaints: Complaints) -> None:
    page.goto(f"{site.url}/contact")
    page.locator("form").evaluate("form => { form.noValidate = true }")
    page.get_by_role("textbox", name="Message").fill("Let me in")
    page.locator("cattlegrid-captcha").evaluate("host => host.remove()")
    takes_a_while(page)
    page.get_by_role("button", name="Send").click()
    expect(page.get_by_role("alert")).to_contain_text("solve the CAPTCHA")
    assert page.get_by_role("textbox", name="Message").input_value() == "Let me in"
    assert complaints.other_than("400") == []


def test_who_is_faster_than_people_sends_the_form_again(
    page: Page, site: Site, widget: Widget, complaints: Complaints
) -> None:
    page.goto(f"{site.url}/contact")
    page.get_by_label("Your e-mail").fill("grace@example.org")
    page.get_by_role("textbox", name="Message").fill("Quick!")
    page.locator("form").evaluate("form => form.submit()")
    expect(page.get_by_role("alert")).to_contain_text("too fast")
    widget.solve()
    takes_a_while(page)
    page.get_by_role("button", name="Send").click()
    expect(page.get_by_role("heading", name="Thank you")).to_be_visible()
    assert ("grace@example.org", "Quick!") in site.rows("SELECT * FROM letter")
    assert complaints.other_than("403") == []


def test_a_program_that_fills_in_everything_is_thanked(page: Page, site: Site) -> None:
    page.goto(f"{site.url}/contact")
    fills_in_everything(page)
    expect(page.get_by_role("heading", name="Thank you")).to_be_visible()
    assert site.rows("SELECT * FROM letter WHERE message LIKE '%spam%'") == []


def test_nobody_meets_the_honeypot(page: Page, site: Site, widget: Widget) -> None:
    page.goto(f"{site.url}/contact")
    widget.reaches("ready")
    page.get_by_label("Your e-mail").focus()
    for _ in range(2):
        page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.localName") == "cattlegrid-captcha"
    assert page.get_by_role("textbox").count() == 3


def test_wishes_go_through_the_api_one_after_the_other(
    page: Page, site: Site, widget: Widget, complaints: Complaints
) -> None:
    page.goto(f"{site.url}/wishes")
    for seed in ("Cosmos", "Borage"):
        page.get_by_label("Seed").fill(seed)
        widget.solve()
        page.get_by_role("button", name="Wish").click()
        expect(page.get_by_text("it is on the list")).to_be_visible()
        expect(page.get_by_role("listitem").first).to_have_text(seed)
        expect(page.get_by_label("Seed")).to_be_empty()
    assert complaints.other_than() == []


def test_a_program_is_told_why(site: Site) -> None:
    for token, status, code in [
        (None, 400, "missing-input-response"),
        ("forged", 403, "invalid-input-response"),
    ]:
        body = json.dumps({"seed": "Weeds", "cattlegrid-response": token}).encode()
        headers = {"Content-Type": "application/json"}
        with pytest.raises(urllib.error.HTTPError) as refused:
            urllib.request.urlopen(urllib.request.Request(f"{site.url}/api/wishes", body, headers))
        assert refused.value.code == status
        assert json.load(refused.value) == {"error-codes": [code]}
        refused.value.close()
    assert ("Weeds",) not in site.rows("SELECT seed FROM wish")


def test_the_catalogue_goes_to_whoever_has_confirmed_the_address(
    page: Page, browser: Browser, site: Site, widget: Widget, complaints: Complaints
) -> None:
    for turn in range(2):
        page.goto(f"{site.url}/catalogue")
        page.get_by_label("Your e-mail").fill(ADDRESS)
        widget.solve()
        takes_a_while(page)
        page.get_by_role("button", name="Send it to me").click()
        expect(page.get_by_text("a letter is on its way")).to_be_visible()
        if turn == 0:
            text = parts_of(site.first_letter(ADDRESS))["text/plain"]
            link = f"{site.url}/catalogue/confirm?token={token_in(text)}"
            assert link in text
            looks_right(browser, link, "flask-confirm", "h1")
            assert site.rows("SELECT * FROM reader") == []
            page.goto(link)
            page.get_by_role("button", name="Yes, it is mine").click()
            expect(page.get_by_role("heading", name="Thank you")).to_be_visible()
            assert site.rows("SELECT * FROM reader") == [(ADDRESS,)]
    assert complaints.other_than() == []
    page.goto(link)
    page.get_by_role("button", name="Yes, it is mine").click()
    expect(page.get_by_role("heading", name="This link was used before")).to_be_visible()
    assert len(site.letters(ADDRESS)) == 1


@pytest.mark.parametrize("path", ["", "contact", "catalogue", "wishes"])
def test_looks(browser: Browser, site: Site, path: str) -> None:
    looks_right(browser, f"{site.url}/{path}", f"flask-{path or 'sign-up'}", "[data-state=ready]")


def test_looks_when_done(browser: Browser, site: Site) -> None:
    looks_right(browser, f"{site.url}/thanks", "flask-thanks", "h1")
