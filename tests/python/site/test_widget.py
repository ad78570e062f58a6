"""What stands in a page for each provider."""

from __future__ import annotations

from html.parser import HTMLParser
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cattlegrid import ConfigurationError
from cattlegrid._site.settings import PROVIDERS, Settings
from cattlegrid._site.widget import field_names, markup, scripts

Element = tuple[str, dict[str, Any]]


class Reader(HTMLParser):
    """The elements in a piece of HTML."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.found: list[Element] = []
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, Any]]) -> None:
        self.found.append((tag, dict(attrs)))


CHALLENGE_URL = "https://captcha.example/altcha/challenge?sitekey=a&b=c"
ALTCHA = {"CHALLENGE_URL": CHALLENGE_URL, "SCRIPT_URL": "/static/altcha.js"}
NEEDED: dict[str, dict[str, str]] = {
    "altcha": ALTCHA,
    "altcha_server": {**ALTCHA, "VERIFY_URL": "https://captcha.example/altcha/siteverify"},
    "altcha_signature": ALTCHA,
    "cattlegrid": {"SITE_KEY": "site&key", "URL": "https://captcha.example/base/"},
    "gate": {},
    "recaptcha_enterprise": {"SITE_KEY": "site&key", "VERIFY_URL": "https://google.example/assessments"},
}
ALTCHAS = [provider for provider in PROVIDERS if provider.startswith("altcha")]


def settings(provider: str, **more: object) -> Settings:
    needed = NEEDED.get(provider, {"SITE_KEY": "site&key"})
    mapping = {"PROVIDER": provider, "SECRET_KEY": "secret", "STORE": "sqlite:/tmp/s.sqlite3", **needed}
    return Settings.parse({**mapping, **more})


def own(name: str) -> str:
    return f"/static/{name}"


@pytest.mark.parametrize(
    ("provider", "name", "element"),
    [
        (
            "cattlegrid",
            "cattlegrid-response",
            ("cattlegrid-captcha", {"sitekey": "site&key", "theme": "dark"}),
        ),
        ("gate", "cattlegrid-response", ("cattlegrid-captcha", {"sitekey": "site&key", "theme": "dark"})),
        (
            "hcaptcha",
            "h-captcha-response",
            ("div", {"class": "h-captcha", "data-sitekey": "site&key", "data-theme": "dark"}),
        ),
        (
            "recaptcha_v2",
            "g-recaptcha-response",
            ("div", {"class": "g-recaptcha", "data-sitekey": "site&key", "data-theme": "dark"}),
        ),
        (
            "recaptcha_v3",
            "g-recaptcha-response",
            (
                "input",
                {
                    "type": "hidden",
                    "name": "g-recaptcha-response",
                    "data-cattlegrid": "recaptcha-v3",
                    "data-sitekey": "site&key",
                    "data-theme": "dark",
                },
            ),
        ),
        (
            "recaptcha_enterprise",
            "g-recaptcha-response",
            (
                "input",
                {
                    "type": "hidden",
                    "name": "g-recaptcha-response",
                    "data-cattlegrid": "recaptcha-enterprise",
                    "data-sitekey": "site&key",
                    "data-theme": "dark",
                },
            ),
        ),
        (
            "friendly_captcha",
            "frc-captcha-response",
            ("div", {"class": "frc-captcha", "data-sitekey": "site&key", "data-theme": "dark"}),
        ),
        *(
            (provider, "altcha", ("altcha-widget", {"challenge": CHALLENGE_URL, "theme": "dark"}))
            for provider in ALTCHAS
        ),
        (
            "turnstile",
            "cf-turnstile-response",
            ("div", {"class": "cf-turnstile", "data-sitekey": "site&key", "data-theme": "dark"}),
        ),
    ],
)
def test_each_provider_has_its_element_and_field(provider: str, name: str, element: Element) -> None:
    site = settings(provider)
    assert field_names(site) == (name,)
    assert Reader(markup(site, "site&key", {"theme": "dark"})).found == [element]


@pytest.mark.parametrize(
    ("provider", "tags"),
    [
        ("cattlegrid", [{"src": "https://captcha.example/base/widget.js", "type": "module"}]),
        ("gate", [{"src": "/static/widget.js", "type": "module"}]),
        ("hcaptcha", [{"src": "https://js.hcaptcha.com/1/api.js", "async": None, "defer": None}]),
        ("recaptcha_v2", [{"src": "https://www.google.com/recaptcha/api.js", "async": None, "defer": None}]),
        (
            "recaptcha_v3",
            [
                {
                    "src": "https://www.google.com/recaptcha/api.js?render=site%26key",
                    "async": None,
                    "defer": None,
                },
                {"src": "/static/recaptcha-v3.js", "type": "module"},
            ],
        ),
        (
            "recaptcha_enterprise",
            [
                {
                    "src": "https://www.google.com/recaptcha/enterprise.js?render=site%26key",
                    "async": None,
                    "defer": None,
                },
                {"src": "/static/recaptcha-v3.js", "type": "module"},
            ],
        ),
        (
            "friendly_captcha",
            [
                {
                    "src": "https://cdn.jsdelivr.net/npm/@friendlycaptcha/sdk@1.0.2/site.min.js",
                    "type": "module",
                },
                {
                    "src": "https://cdn.jsdelivr.net/npm/@friendlycaptcha/sdk@1.0.2/site.compat.min.js",
                    "nomodule": None,
                    "defer": None,
                },
            ],
        ),
        *((provider, [{"src": "/static/altcha.js", "type": "module"}]) for provider in ALTCHAS),
        (
            "turnstile",
            [{"src": "https://challenges.cloudflare.com/turnstile/v0/api.js", "async": None, "defer": None}],
        ),
    ],
)
def test_each_provider_has_its_scripts(provider: str, tags: list[dict[str, Any]]) -> None:
    html = "".join(script.tag() for script in scripts(settings(provider), own))
    assert Reader(html).found == [("script", attributes) for attributes in tags]


def test_scripts_may_come_from_elsewhere_and_carry_a_nonce() -> None:
    site = settings("recaptcha_v3", SCRIPT_URL="https://www.recaptcha.net/recaptcha/api.js?hl=de")
    first, _ = scripts(site, own)
    assert Reader(first.tag('a"b')).found[0][1] == {
        "src": "https://www.recaptcha.net/recaptcha/api.js?hl=de&render=site%26key",
        "async": None,
        "defer": None,
        "nonce": 'a"b',
    }


def test_a_checkbox_of_recaptcha_enterprise_shows_itself() -> None:
    site = settings("recaptcha_enterprise", KEY_TYPE="checkbox", ACTION="sign_up")
    element = {"class": "g-recaptcha", "data-sitekey": "key", "data-action": "sign_up"}
    assert Reader(markup(site, "key")).found == [("div", element)]
    (script,) = scripts(site, own)
    assert script.src == "https://www.google.com/recaptcha/enterprise.js"
    assert field_names(site) == ("g-recaptcha-response",)


def test_scripts_of_friendly_captcha_that_a_site_serves_are_for_browsers_with_modules() -> None:
    (script,) = scripts(settings("friendly_captcha", SCRIPT_URL="/static/site.min.js"), own)
    assert script.tag() == '<script src="/static/site.min.js" type="module"></script>'
    given = {"api-endpoint": "eu", "lang": "de"}
    ((_, attributes),) = Reader(markup(settings("friendly_captcha"), "key", given)).found
    assert (attributes["data-api-endpoint"], attributes["lang"]) == ("eu", "de")


@pytest.mark.parametrize(
    "provider", ["cattlegrid", "gate", "recaptcha_enterprise", "recaptcha_v3", "turnstile"]
)
def test_a_form_has_the_action_of_the_settings_or_its_own(provider: str) -> None:
    site = settings(provider, ACTION="sign-up")
    name = "action" if provider in ("cattlegrid", "gate") else "data-action"
    assert Reader(markup(site, "key")).found[0][1][name] == "sign-up"
    assert Reader(markup(site, "key", {"action": "contact"})).found[0][1][name] == "contact"


@pytest.mark.parametrize("provider", ["friendly_captcha", "hcaptcha", "recaptcha_v2", *ALTCHAS])
def test_a_form_has_no_action_where_the_provider_knows_none(provider: str) -> None:
    with pytest.raises(ConfigurationError, match="knows no actions"):
        markup(settings(provider), "key", {"action": "sign-up"})


def test_a_form_has_no_action_where_the_fallback_knows_none() -> None:
    other = {"PROVIDER": "hcaptcha", "SITE_KEY": "other", "SECRET_KEY": "secret"}
    site = settings("turnstile", FALLBACK=other)
    assert field_names(site) == ("cf-turnstile-response", "h-captcha-response")
    with pytest.raises(ConfigurationError, match="the provider hcaptcha knows no actions"):
        markup(site, "key", {"action": "sign-up"})
    same = settings("turnstile", FALLBACK={**other, "PROVIDER": "turnstile"})
    assert field_names(same) == ("cf-turnstile-response",)


@given(st.sampled_from(PROVIDERS), st.text(st.characters(blacklist_categories=("Cs",))))
def test_values_are_text_and_never_markup(provider: str, value: str) -> None:
    ((_, attributes),) = Reader(markup(settings(provider), "key", {"theme": value})).found
    # Why: as every reader of HTML does, the parser makes one line end of each.
    read = attributes.get("theme", attributes.get("data-theme"))
    assert read == value.replace("\r\n", "\n").replace("\r", "\n") or read == value


@pytest.mark.parametrize("name", ["on click", "x>", "a=b", "", "Theme", "-x", "x" * 65, "\u00e4"])
def test_a_name_that_is_none_is_refused(name: str) -> None:
    with pytest.raises(ValueError, match="no attribute's name"):
        markup(settings("gate"), "key", {name: "x"})


def test_what_any_element_has_stays_as_it_is() -> None:
    given = {"id": "id_captcha", "class": "wide", "aria-invalid": "true", "data-x": 1, "hidden": False}
    assert Reader(markup(settings("turnstile"), "key", given)).found == [
        (
            "div",
            {
                "id": "id_captcha",
                "class": "cf-turnstile wide",
                "aria-invalid": "true",
                "data-x": "1",
                "data-sitekey": "key",
            },
        )
    ]
