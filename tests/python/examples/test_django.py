"""The allotment club: sign-up with a widget of the site's own, and a contact form with a picture in it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from mail import parts_of, token_in
from playwright.sync_api import Browser, Page, expect
from widget import Widget

from .support import Complaints, Site, fills_in_everything, looks_right, takes_a_while, violations

SITE = "django"
PASSWORD = "analytical engine"


@pytest.fixture
def widget(page: Page, site: Site) -> Widget:
    """The widget of the sign-up page."""
    return Widget(page.locator("cattlegrid-captcha"), site.answer)


@pytest.fixture
def without_scripts(browser: Browser) -> Iterator[Page]:
    """A page of a visitor whose browser runs no scripts."""
    context = browser.new_context(java_script_enabled=False)
    yield context.new_page()
    context.close()


class Picture:
    """The picture of the contact form, as a person meets it."""

    def __init__(self, page: Page, site: Site) -> None:
        self.image = page.locator("img.captcha")
        self.field = page.get_by_label("What does the picture say?")
        self.refresh = page.get_by_role("button", name="New picture")
        self._page = page
        self._site = site

    def key(self) -> str:
        """What the form sends as the key."""
        return self._page.locator("input[name=captcha_0]").input_value()

    def answer(self) -> str:
        """The right answer, as the database has it."""
        rows = self._site.rows(f"SELECT response FROM captcha_captchastore WHERE hashkey = '{self.key()}'")  # noqa: S608
        return str(rows[0][0])


@pytest.fixture
def picture(page: Page, site: Site) -> Picture:
    """The picture of the contact form."""
    return Picture(page, site)


def sign_up(page: Page, name: str) -> None:
    page.get_by_label("Username").fill(name)
    page.get_by_label("E-mail").fill(f"{name}@example.org")
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_label("Password confirmation").fill(PASSWORD)


def write(page: Page, message: str) -> None:
    page.get_by_label("Your e-mail").fill("ada@example.org")
    page.get_by_role("textbox", name="Message").fill(message)


def letters(site: Site) -> str:
    return "".join(letter.read_text() for letter in (site.data / "mail").glob("*"))


def asks_to_join(page: Page, site: Site, widget: Widget, name: str, address: str) -> None:
    page.goto(site.url)
    sign_up(page, name)
    page.get_by_label("E-mail").fill(address)
    widget.solve()
    takes_a_while(page)
    page.get_by_role("button", name="Sign up").click()
    expect(page.get_by_text("a letter is on its way")).to_be_visible()


def link_in_letter(site: Site, address: str) -> str:
    text = parts_of(site.first_letter(address))["text/plain"]
    link = f"{site.url}/confirm/?token={token_in(text)}"
    assert link in text
    return link


def is_member(site: Site, name: str) -> bool:
    return site.rows(f"SELECT is_active FROM auth_user WHERE username = '{name}'") == [(True,)]  # noqa: S608


def test_somebody_signs_up_and_confirms_the_address(
    page: Page, browser: Browser, site: Site, widget: Widget, complaints: Complaints
) -> None:
    asks_to_join(page, site, widget, "ada", "ada@example.org")
    link = link_in_letter(site, "ada@example.org")
    looks_right(browser, link, "django-confirm", "h1")
    assert not is_member(site, "ada")
    page.goto(link)
    page.get_by_role("button", name="Yes, it is mine").click()
    expect(page.get_by_role("heading", name="Welcome")).to_be_visible()
    assert is_member(site, "ada")
    assert complaints.other_than() == []
    page.goto(link)
    page.get_by_role("button", name="Yes, it is mine").click()
    expect(page.get_by_role("heading", name="This link was used before")).to_be_visible()


def test_who_has_an_account_is_not_told(page: Page, site: Site, widget: Widget) -> None:
    address = "emmy@example.org"
    asks_to_join(page, site, widget, "emmy", address)
    page.goto(link_in_letter(site, address))
    page.get_by_role("button", name="Yes, it is mine").click()
    expect(page.get_by_role("heading", name="Welcome")).to_be_visible()
    asks_to_join(page, site, widget, "noether", address)
    # Why another: letters come after the answer, and hers after what was asked for before.
    asks_to_join(page, site, widget, "sofia", "sofia@example.org")
    site.first_letter("sofia@example.org")
    assert is_member(site, "emmy")
    assert not is_member(site, "noether")
    assert len(site.letters(address)) == 1


def test_a_wrong_answer_brings_another_picture_and_keeps_the_form(
    page: Page, site: Site, widget: Widget, complaints: Complaints
) -> None:
    page.goto(site.url)
    sign_up(page, "grace")
    first = widget.key()
    widget.field.fill("wrong")
    widget.check.click()
    expect(widget.status).to_contain_text("That was not it")
    second = widget.key()
    widget.refresh.click()
    expect(widget.status).to_contain_text("new picture")
    assert len({first, second, widget.key()}) == 3
    assert page.get_by_label("Username").input_value() == "grace"
    assert page.get_by_label("Password", exact=True).input_value() == PASSWORD
    assert complaints.other_than() == []


def test_mistakes_are_shown_and_another_token_is_asked_for(
    page: Page, site: Site, widget: Widget, complaints: Complaints
) -> None:
    page.goto(site.url)
    sign_up(page, "mary")
    page.get_by_label("Password confirmation").fill("something else")
    widget.solve()
    takes_a_while(page)
    page.get_by_role("button", name="Sign up").click()
    expect(page.locator(".errorlist")).to_contain_text("match")
    assert violations(page) == []
    assert page.get_by_label("Username").input_value() == "mary"
    assert widget.key()
    assert ("mary",) not in site.rows("SELECT username FROM auth_user")
    assert complaints.other_than() == []


def test_a_form_without_a_token_makes_no_account(page: Page, site: Site, complaints: Complaints) -> None:
    page.goto(site.url)
    sign_up(page, "herd")
    page.locator("cattlegrid-captcha").evaluate("host => host.remove()")
    takes_a_while(page)
    page.get_by_role("button", name="Sign up").click()
    expect(page.locator(".errorlist")).to_contain_text("solve the CAPTCHA")
    assert ("herd",) not in site.rows("SELECT username FROM auth_user")
    assert complaints.other_than() == []


def test_somebody_writes(page: Page, site: Site, picture: Picture, complaints: Complaints) -> None:
    page.goto(f"{site.url}/contact/")
    write(page, "A plot, please")
    picture.field.fill(picture.answer())
    takes_a_while(page)
    page.get_by_role("button", name="Send").click()
    expect(page.get_by_role("heading", name="Thank you")).to_be_visible()
    assert "A plot, please" in letters(site)
    assert complaints.other_than() == []


def test_a_wrong_letter_brings_another_picture(
    page: Page, site: Site, picture: Picture, complaints: Complaints
) -> None:
    page.goto(f"{site.url}/contact/")
    write(page, "Misread")
    first = picture.key()
    picture.field.fill("wrong")
    takes_a_while(page)
    page.get_by_role("button", name="Send").click()
    expect(page.locator(".errorlist")).to_contain_text("Invalid CAPTCHA")
    assert picture.key() != first
    assert violations(page) == []
    expect(picture.field).to_be_empty()
    assert page.get_by_role("textbox", name="Message").input_value() == "Misread"
    assert "Misread" not in letters(site)
    assert complaints.other_than() == []


def test_another_picture_comes_without_leaving_the_page(
    page: Page, site: Site, picture: Picture, complaints: Complaints
) -> None:
    page.goto(f"{site.url}/contact/")
    page.evaluate("window.stayed = true")
    write(page, "Refreshed")
    picture.field.fill("half a gu")
    key, source = picture.key(), picture.image.get_attribute("src")
    picture.refresh.click()
    expect(picture.image).not_to_have_attribute("src", str(source))
    expect(page.get_by_text("The picture has changed")).to_have_count(1)
    assert picture.key() != key
    assert picture.image.evaluate("image => image.decode().then(() => image.naturalWidth)") > 0
    assert page.get_by_role("textbox", name="Message").input_value() == "Refreshed"
    picture.field.fill(picture.answer())
    takes_a_while(page)
    page.get_by_role("button", name="Send").click()
    expect(page.get_by_role("heading", name="Thank you")).to_be_visible()
    assert complaints.other_than() == []


def test_another_picture_by_the_keyboard_alone(page: Page, site: Site, picture: Picture) -> None:
    page.goto(f"{site.url}/contact/")
    expect(picture.refresh).to_be_visible()
    page.get_by_role("textbox", name="Message").focus()
    key = picture.key()
    for _ in range(4):
        page.keyboard.press("Tab")
        if picture.refresh.evaluate("button => button === document.activeElement"):
            break
    page.keyboard.press("Enter")
    expect(page.get_by_text("The picture has changed")).to_have_count(1)
    assert picture.key() != key


def test_the_contact_form_works_without_scripts(without_scripts: Page, site: Site) -> None:
    page, picture = without_scripts, Picture(without_scripts, site)
    page.goto(f"{site.url}/contact/")
    assert picture.refresh.count() == 0
    write(page, "By hand")
    first = picture.key()
    picture.field.fill("wrong")
    takes_a_while(page)
    page.get_by_role("button", name="Send").click()
    expect(page.locator(".errorlist")).to_contain_text("Invalid CAPTCHA")
    assert picture.key() != first
    picture.field.fill(picture.answer())
    page.get_by_role("button", name="Send").click()
    expect(page.get_by_role("heading", name="Thank you")).to_be_visible()
    assert "By hand" in letters(site)


def test_who_is_faster_than_people_sends_the_form_again(
    page: Page, site: Site, picture: Picture, complaints: Complaints
) -> None:
    page.goto(f"{site.url}/contact/")
    write(page, "Quick!")
    page.locator("form").evaluate("form => form.submit()")
    expect(page.locator(".errorlist")).to_contain_text("too fast")
    assert violations(page) == []
    assert page.get_by_role("textbox", name="Message").input_value() == "Quick!"
    picture.field.fill(picture.answer())
    takes_a_while(page)
    page.get_by_role("button", name="Send").click()
    expect(page.get_by_role("heading", name="Thank you")).to_be_visible()
    assert "Quick!" in letters(site)
    assert complaints.other_than() == []


def test_a_program_that_fills_in_everything_is_thanked(page: Page, site: Site) -> None:
    page.goto(f"{site.url}/contact/")
    fills_in_everything(page)
    expect(page.get_by_role("heading", name="Thank you")).to_be_visible()
    assert "spam.example" not in letters(site)


def test_nobody_meets_the_honeypot(page: Page, site: Site) -> None:
    page.goto(f"{site.url}/contact/")
    page.get_by_label("Your e-mail").focus()
    for _ in range(5):
        page.keyboard.press("Tab")
        assert not page.evaluate("document.activeElement.closest('[hidden]')")
    assert page.get_by_role("textbox").count() == 3


@pytest.mark.parametrize(
    ("path", "ready"),
    [
        ("", "[data-state=ready]"),
        ("on-its-way/", "h1"),
        ("welcome/", "h1"),
        ("contact/", "img.captcha"),
        ("contact/thanks/", "h1"),
    ],
)
def test_looks(browser: Browser, site: Site, path: str, ready: str) -> None:
    name = path.strip("/").replace("/", "-") or "sign-up"
    looks_right(browser, f"{site.url}/{path}", f"django-{name}", ready)
