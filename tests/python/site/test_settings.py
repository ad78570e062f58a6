"""A site's mapping, read whole or refused with the key that is wrong."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cattlegrid import ConfigurationError, Style
from cattlegrid._site import test_keys
from cattlegrid._site.settings import Settings

SECRET = "a-secret-that-is-not-to-be-seen"

SERVER: dict[str, Any] = {
    "PROVIDER": "cattlegrid",
    "SITE_KEY": "site",
    "SECRET_KEY": SECRET,
    "URL": "https://captcha.example/",
    "STORE": "sqlite:/tmp/spent.sqlite3",
}
GATE: dict[str, Any] = {"PROVIDER": "gate", "SECRET_KEY": SECRET, "STORE": "sqlite:/tmp/spent.sqlite3"}
TURNSTILE: dict[str, Any] = {
    "PROVIDER": "turnstile",
    "SITE_KEY": "site",
    "SECRET_KEY": SECRET,
    "STORE": "sqlite:/tmp/spent.sqlite3",
}
ALTCHA: dict[str, Any] = {
    "PROVIDER": "altcha",
    "SECRET_KEY": SECRET,
    "STORE": "sqlite:/tmp/spent.sqlite3",
    "CHALLENGE_URL": "https://captcha.example/altcha/challenge?sitekey=site",
    "SCRIPT_URL": "/static/altcha.js",
}
ENTERPRISE: dict[str, Any] = {
    **TURNSTILE,
    "PROVIDER": "recaptcha_enterprise",
    "VERIFY_URL": "https://recaptchaenterprise.googleapis.com/v1/projects/site/assessments",
}


def test_a_server_is_asked_where_it_is() -> None:
    settings = Settings.parse(SERVER)
    assert settings.url == "https://captcha.example"
    assert settings.siteverify == "https://captcha.example/siteverify"
    assert settings.when_unreachable == "refuse"
    assert settings.timeout == 5.0


def test_a_server_may_be_verified_with_at_another_address() -> None:
    settings = Settings.parse({**SERVER, "VERIFY_URL": "http://10.0.0.7:8080/siteverify"})
    assert settings.siteverify == "http://10.0.0.7:8080/siteverify"


def test_a_provider_is_asked_where_it_usually_is() -> None:
    assert Settings.parse(TURNSTILE).siteverify is None


def test_a_gate_may_have_several_secrets() -> None:
    assert Settings.parse({**GATE, "SECRET_KEY": ["new", "old"]}).secret_keys == ("new", "old")


def test_none_is_as_good_as_absent() -> None:
    assert Settings.parse({**TURNSTILE, "ACTION": None, "HOSTNAMES": None}) == Settings.parse(TURNSTILE)


@pytest.mark.parametrize("mapping", [GATE, SERVER, {**TURNSTILE, "PROVIDER": "recaptcha_v3"}])
def test_those_who_say_a_score_may_be_asked_for_one(mapping: dict[str, Any]) -> None:
    assert Settings.parse({**mapping, "MINIMUM_SCORE": 0.6}).minimum_score == 0.6


@pytest.mark.parametrize("style", ["classic", "hard", Style("classic")])
def test_a_gate_has_a_style(style: object) -> None:
    assert isinstance(Settings.parse({**GATE, "STYLE": style}).style, Style)


@pytest.mark.parametrize(
    ("mapping", "key"),
    [
        (None, "CATTLEGRID is not set"),
        ("gate", "CATTLEGRID is not set"),
        ({}, "PROVIDER"),
        ({**GATE, "PROVIDER": "recaptcha"}, "PROVIDER must be one of altcha, altcha_server"),
        ({**GATE, "PROVIDER": ["gate"]}, "PROVIDER"),
        ({**GATE, "TIME_OUT": 5}, "TIME_OUT"),
        ({**GATE, 7: 5}, "no key 7"),
        ({key: GATE[key] for key in ("PROVIDER", "STORE")}, "SECRET_KEY is missing"),
        ({key: GATE[key] for key in ("PROVIDER", "SECRET_KEY")}, "STORE is missing"),
        ({**SERVER, "URL": None}, "URL is missing"),
        ({**SERVER, "SITE_KEY": None}, "SITE_KEY is missing"),
        ({**SERVER, "SITE_KEY": " "}, "SITE_KEY"),
        ({**SERVER, "SECRET_KEY": ""}, "SECRET_KEY"),
        ({**SERVER, "SECRET_KEY": b"bytes"}, "SECRET_KEY"),
        ({**SERVER, "SECRET_KEY": ["one", "two"]}, "SECRET_KEY"),
        ({**GATE, "SECRET_KEY": []}, "SECRET_KEY"),
        ({**GATE, "SECRET_KEY": ["one", 2]}, "SECRET_KEY"),
        ({**SERVER, "URL": "captcha.example"}, "URL"),
        ({**SERVER, "URL": "ftp://captcha.example"}, "URL"),
        ({**SERVER, "URL": "https://[::1"}, "URL"),
        ({**TURNSTILE, "URL": "https://captcha.example"}, "URL is not for the provider turnstile"),
        ({**TURNSTILE, "MINIMUM_SCORE": 0.5}, "MINIMUM_SCORE is not for the provider turnstile"),
        ({**TURNSTILE, "CHALLENGE_URL": "/altcha"}, "CHALLENGE_URL is not for the provider turnstile"),
        ({**TURNSTILE, "KEY_TYPE": "score"}, "KEY_TYPE is not for the provider turnstile"),
        ({**TURNSTILE, "PROVIDER": "hcaptcha", "ACTION": "a"}, "ACTION is not for the provider hcaptcha"),
        ({**TURNSTILE, "SCRIPT_URL": "widget.js"}, "SCRIPT_URL must be an address"),
        ({**TURNSTILE, "SCRIPT_URL": "//elsewhere.example/widget.js"}, "SCRIPT_URL must be an address"),
        ({**ENTERPRISE, "VERIFY_URL": None}, "VERIFY_URL is missing; the provider recaptcha_enterprise"),
        ({**ENTERPRISE, "KEY_TYPE": "invisible"}, "KEY_TYPE must be one of score, checkbox"),
        ({**ENTERPRISE, "MINIMUM_SCORE": 2}, "MINIMUM_SCORE must be a number"),
        ({**TURNSTILE, "PROVIDER": "friendly_captcha", "SITE_KEY": None}, "SITE_KEY is missing"),
        ({**ALTCHA, "CHALLENGE_URL": None}, "CHALLENGE_URL is missing; the provider altcha needs it"),
        ({**ALTCHA, "SCRIPT_URL": None}, "SCRIPT_URL is missing; the provider altcha needs it"),
        ({**ALTCHA, "SITE_KEY": "site"}, "SITE_KEY is not for the provider altcha"),
        ({**ALTCHA, "HOSTNAMES": ["example.org"]}, "HOSTNAMES is not for the provider altcha"),
        ({**ALTCHA, "VERIFY_URL": "https://a.example/"}, "VERIFY_URL is not for the provider altcha"),
        ({**ALTCHA, "PROVIDER": "altcha_server"}, "VERIFY_URL is missing; the provider altcha_server"),
        ({**ALTCHA, "PROVIDER": "altcha_signature", "WHEN_UNREACHABLE": "allow"}, "WHEN_UNREACHABLE is not"),
        ({**TURNSTILE, "KINDS": ["chars"]}, "KINDS is not for the provider turnstile"),
        ({**GATE, "SITE_KEY": "site"}, "SITE_KEY is not for the provider gate"),
        ({**GATE, "WHEN_UNREACHABLE": "allow"}, "WHEN_UNREACHABLE is not for the provider gate"),
        ({**TURNSTILE, "PROVIDER": "recaptcha_v3", "MINIMUM_SCORE": 1.5}, "MINIMUM_SCORE"),
        ({**TURNSTILE, "PROVIDER": "recaptcha_v3", "MINIMUM_SCORE": True}, "MINIMUM_SCORE"),
        ({**TURNSTILE, "PROVIDER": "recaptcha_v3", "MINIMUM_SCORE": float("nan")}, "MINIMUM_SCORE"),
        ({**TURNSTILE, "TIMEOUT": 0}, "TIMEOUT"),
        ({**TURNSTILE, "TIMEOUT": "5"}, "TIMEOUT"),
        ({**TURNSTILE, "WHEN_UNREACHABLE": "pass"}, "WHEN_UNREACHABLE must be one of refuse, allow"),
        ({**TURNSTILE, "HOSTNAMES": "example.org"}, "HOSTNAMES must be a list"),
        ({**TURNSTILE, "HOSTNAMES": [""]}, "HOSTNAMES"),
        ({**TURNSTILE, "TRUSTED_PROXIES": ["10.0.0.1/8"]}, "TRUSTED_PROXIES"),
        ({**TURNSTILE, "TRUSTED_PROXIES": "10.0.0.1"}, "TRUSTED_PROXIES"),
        ({**GATE, "KINDS": ["picture"]}, "KINDS"),
        ({**GATE, "KINDS": []}, "KINDS"),
        ({**GATE, "STYLE": "soft"}, "STYLE"),
        ({**GATE, "TESTING": 1}, "TESTING"),
        ({**GATE, "STORE": "memory:"}, "STORE is memory:"),
        ({**GATE, "STORE": "memory:", "TESTING": False}, "STORE is memory:"),
    ],
)
def test_what_is_wrong_is_named(mapping: object, key: str) -> None:
    with pytest.raises(ConfigurationError) as raised:
        Settings.parse(mapping)
    assert key in str(raised.value)
    assert SECRET not in str(raised.value)


OTHER = {"PROVIDER": "hcaptcha", "SITE_KEY": "other", "SECRET_KEY": "another-secret"}


def test_a_fallback_is_of_the_same_site() -> None:
    shared = {"HOSTNAMES": ["example.org"], "TIMEOUT": 3}
    settings = Settings.parse(
        {**TURNSTILE, **shared, "FALLBACK": {**OTHER, "SITE_KEY": "other", "URL": None}}
    )
    first, second = settings.links
    assert first is settings
    assert (second.provider, second.site_key, second.secret_keys) == (
        "hcaptcha",
        "other",
        ("another-secret",),
    )
    assert (second.hostnames, second.store, second.timeout) == (("example.org",), settings.store, 5.0)
    assert "another-secret" not in repr(settings)


def test_a_gate_may_be_the_fallback() -> None:
    gate = {"PROVIDER": "gate", "SECRET_KEY": ["new", "old"], "TOKEN_TTL": 60}
    settings = Settings.parse({**TURNSTILE, "ACTION": "login", "FALLBACK": gate})
    assert settings.gate is settings.fallback
    assert settings.gate
    assert (settings.gate.action, settings.gate.token_ttl) == ("login", 60.0)
    assert settings.sealing == ("new", "old")
    assert Settings.parse(TURNSTILE).gate is None


@pytest.mark.parametrize(
    ("first", "fallback", "key"),
    [
        (TURNSTILE, "hcaptcha", "FALLBACK must be a mapping"),
        (TURNSTILE, {}, "PROVIDER must be one of altcha"),
        (
            TURNSTILE,
            {**OTHER, "SITE_KEY": None},
            "SITE_KEY is missing; the provider hcaptcha needs it (in FALL",
        ),
        (TURNSTILE, {**OTHER, "STORE": "memory:"}, "FALLBACK has no key STORE; its keys are PROVIDER"),
        (TURNSTILE, {**OTHER, "FALLBACK": OTHER}, "FALLBACK has no key FALLBACK"),
        (TURNSTILE, {**OTHER, "MINIMUM_SCORE": 0.5}, "MINIMUM_SCORE is not for the provider hcaptcha"),
        (TURNSTILE, {"PROVIDER": "gate", "SECRET_KEY": SECRET, "TIMEOUT": 1}, "TIMEOUT is not for the prov"),
        ({**TURNSTILE, "ACTION": "login"}, OTHER, "ACTION is not for the provider hcaptcha"),
        (GATE, OTHER, "FALLBACK is not for the provider gate"),
        (ALTCHA, OTHER, "FALLBACK is not for the provider altcha"),
    ],
)
def test_what_is_wrong_with_a_fallback_is_named(first: dict[str, Any], fallback: object, key: str) -> None:
    with pytest.raises(ConfigurationError) as raised:
        Settings.parse({**first, "FALLBACK": fallback})
    assert key in str(raised.value)


def test_memory_is_for_tests() -> None:
    assert Settings.parse({**GATE, "STORE": "memory:", "TESTING": True}).testing
    assert Settings.parse({**GATE, "STORE": "memory:"}, testing=True).testing


def test_what_the_mapping_says_of_tests_counts() -> None:
    assert not Settings.parse({**GATE, "TESTING": False}, testing=True).testing


def test_secrets_are_not_shown() -> None:
    store = "postgresql://user:password@db/site"
    assert SECRET not in repr(Settings.parse({**GATE, "STORE": store}))
    assert "password" not in repr(Settings.parse({**GATE, "STORE": store}))


@given(
    st.dictionaries(
        st.sampled_from(
            [*GATE, *SERVER, "TIMEOUT", "HOSTNAMES", "TRUSTED_PROXIES", "KINDS", "STYLE", "ACTION"]
        ),
        st.one_of(
            st.none(),
            st.text(),
            st.integers(),
            st.floats(),
            st.binary(),
            st.lists(st.text()),
            st.sampled_from(["gate", "turnstile", "https://a.example"]),
        ),
    )
)
def test_nothing_else_is_ever_raised(mapping: dict[str, object]) -> None:
    try:
        settings = Settings.parse(mapping)
    except ConfigurationError:
        return
    assert settings.provider == mapping["PROVIDER"]


@pytest.mark.parametrize("provider", sorted(test_keys.PASSING))
def test_keys_that_providers_publish_are_known(provider: str) -> None:
    published = {**test_keys.PASSING[provider], "PROVIDER": provider, "STORE": "sqlite:/tmp/spent.sqlite3"}
    assert test_keys.publisher(Settings.parse(published)) == provider
    assert test_keys.publisher(Settings.parse({**published, "SITE_KEY": "mine"})) == provider
    own = {**TURNSTILE, "SITE_KEY": "mine", "SECRET_KEY": "mine"}
    assert test_keys.publisher(Settings.parse(own)) is None
    fallback = {**test_keys.PASSING[provider], "PROVIDER": provider}
    assert test_keys.publisher(Settings.parse({**own, "FALLBACK": fallback})) == provider
