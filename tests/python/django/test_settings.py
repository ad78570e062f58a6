"""What `manage.py check` says, and how templates show the widget."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from django.core.checks import run_checks
from django.template import Context, Template
from django.test import override_settings
from website_support import Settings

from cattlegrid import ConfigurationError
from cattlegrid.django import rate_limit, require_stamp
from cattlegrid.django.conf import captcha
from cattlegrid.testing import TEST_KEYS


def complaints(mapping: Any, *, deploy: bool = False, **more: Any) -> list[tuple[str, str]]:
    with override_settings(CATTLEGRID=mapping, **more):
        found = run_checks(include_deployment_checks=deploy)
    return [(str(message.id), message.msg) for message in found if str(message.id).startswith("cattlegrid.")]


def test_right_settings_are_silent(turnstile: Settings, gate: Settings) -> None:
    assert complaints(turnstile, deploy=True) == []
    assert complaints(gate, deploy=True) == []


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ({"STORE": None}, "STORE is missing"),
        ({"STORE": "memory:"}, "STORE is memory:"),
        ({"SECRET_KEY": None}, "SECRET_KEY is missing"),
        ({"SITE_KEY": None}, "SITE_KEY is missing"),
        ({"TIMEOUT": 0}, "TIMEOUT"),
        ({"VERIFY_URL": "https://captcha.example"}, ""),
        ({"HOSTNAMES": ["no host"]}, ""),
        ({"ACTION": "no action"}, ""),
        ({"PROVIDER": "hcaptcha", "ACTION": "sign-up"}, ""),
    ],
)
def test_wrong_settings_are_named(turnstile: Settings, change: Settings, named: str) -> None:
    ((identity, message),) = complaints({**turnstile, **change})
    assert identity == "cattlegrid.E001"
    assert named in message


def test_no_settings_are_wrong_too() -> None:
    ((identity, message),) = complaints(None)
    assert identity == "cattlegrid.E001"
    assert "PROVIDER" in message


def test_a_short_secret_of_a_gate_is_named_and_not_shown(gate: Settings) -> None:
    ((identity, message),) = complaints({**gate, "SECRET_KEY": "hunter2"})
    assert identity == "cattlegrid.E001"
    assert "hunter2" not in message


@pytest.mark.parametrize("publisher", sorted(TEST_KEYS))
def test_published_keys_are_for_debug_and_tests(turnstile: Settings, publisher: str) -> None:
    published = {**turnstile, "PROVIDER": publisher, **TEST_KEYS[publisher]}
    ((identity, message),) = complaints(published)
    assert identity == "cattlegrid.E002"
    assert publisher in message
    assert complaints(published, DEBUG=True) == []
    assert complaints({**published, "TESTING": True}) == []


def test_a_gate_needs_its_routes(gate: Settings, turnstile: Settings) -> None:
    class NoRoutes:
        urlpatterns: tuple[object, ...] = ()

    fallback = {"PROVIDER": "gate", "SECRET_KEY": gate["SECRET_KEY"]}
    for mapping in (gate, {**turnstile, "FALLBACK": fallback}):
        ((identity, _),) = complaints(mapping, ROOT_URLCONF=NoRoutes)
        assert identity == "cattlegrid.E003"


def test_a_deployed_site_does_not_test(turnstile: Settings) -> None:
    testing = {**turnstile, "TESTING": True}
    assert complaints(testing) == []
    ((identity, _),) = complaints(testing, deploy=True)
    assert identity == "cattlegrid.E004"


@pytest.mark.parametrize("store", ["nonsense:/x", "sqlite:/no/such/folder/spent.sqlite3"])
def test_a_deployed_site_s_store_is_there(turnstile: Settings, store: str) -> None:
    assert complaints({**turnstile, "STORE": store}) == []
    ((identity, message),) = complaints({**turnstile, "STORE": store}, deploy=True)
    assert identity == "cattlegrid.E005"
    assert store.partition(":")[2] in message or store.partition(":")[0] in message


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ({"SEAL_KEY": None}, "SEAL_KEY is missing"),
        ({"SEAL_KEY": "hunter2"}, ""),
        ({"RATE_LIMITS": {"client": "often"}}, "quota"),
        ({"RATE_LIMITS": {"Client!": "5/1m"}}, "Client!"),
        ({"RATE_LIMITS": {"client": 5}}, "RATE_LIMITS"),
    ],
)
def test_limits_that_nobody_can_count_by_are_wrong_settings(
    turnstile: Settings, change: Settings, named: str
) -> None:
    (message,) = [
        message
        for identity, message in complaints({**turnstile, "RATE_LIMITS": {"client": "5/1m"}, **change})
        if identity == "cattlegrid.E001"
    ]
    assert named in message
    assert "hunter2" not in message


def test_limits_want_something_that_counts(turnstile: Settings) -> None:
    limited = {**turnstile, "RATE_LIMITS": {"client": "600/10m"}}
    ((identity, _),) = complaints(limited)
    assert identity == "cattlegrid.E007"
    counting = ["cattlegrid.django.middleware.RateLimitMiddleware"]
    assert complaints(limited, MIDDLEWARE=counting) == []


def test_a_stamp_or_a_limit_in_the_code_needs_a_key(turnstile: Settings) -> None:
    with override_settings(CATTLEGRID={**turnstile, "SEAL_KEY": None}, ROOT_URLCONF="layered"):
        (message,) = run_checks()
    assert message.id == "cattlegrid.E006"
    assert "SEAL_KEY is missing" in message.msg
    for layer in ('require_stamp("contact")', "layered.Letter", 'rate_limit("letters", "2/1h")'):
        assert layer in str(message.hint)
    assert complaints(turnstile, ROOT_URLCONF="layered") == []


def test_a_layer_that_cannot_be_is_named(turnstile: Settings) -> None:
    backwards = require_stamp("backwards", least_age=5, greatest_age=4)
    never = rate_limit("never", "0/1h")
    with override_settings(CATTLEGRID=turnstile, ROOT_URLCONF="layered"):
        hints = [message.hint for message in run_checks() if message.id == "cattlegrid.E006"]
    assert hints == [
        'It is asked for by rate_limit("never", "0/1h").',
        'It is asked for by require_stamp("backwards").',
    ]
    del backwards, never


def test_a_check_makes_no_file_of_another_user(gate: Settings) -> None:
    assert complaints(gate) == []
    assert not Path(gate["STORE"].partition(":")[2]).exists()


def test_settings_are_read_again_when_a_test_overrides_them(turnstile: Settings) -> None:
    with override_settings(CATTLEGRID=turnstile):
        first = captcha()
        assert captcha() is first
        with override_settings(CATTLEGRID={**turnstile, "SITE_KEY": "another"}):
            assert captcha().site_key == "another"
        assert captcha().site_key == "site"


def render(template: str, **context: Any) -> str:
    return Template("{% load cattlegrid %}" + template).render(Context(context))


@pytest.mark.usefixtures("site")
def test_tags_show_element_and_script() -> None:
    assert render('{% captcha theme="dark" error_callback=name %}', name="<x>") == (
        '<div data-theme="dark" data-error-callback="&lt;x&gt;" data-sitekey="site" '
        'class="cf-turnstile"></div>'
    )
    assert render("{% captcha_script nonce=nonce %}", nonce='a"b') == (
        '<script src="https://challenges.cloudflare.com/turnstile/v0/api.js" async defer '
        'nonce="a&quot;b"></script>'
    )
    assert "nonce" not in render("{% captcha_script %}")


def test_recaptcha_v3_has_a_script_of_ours(turnstile: Settings) -> None:
    with override_settings(CATTLEGRID={**turnstile, "PROVIDER": "recaptcha_v3"}):
        assert '<script src="/static/cattlegrid/recaptcha-v3.js" type="module"></script>' in render(
            "{% captcha_script %}"
        )
        assert 'data-action="contact"' in render('{% captcha action="contact" %}')


def test_an_action_that_the_provider_would_not_know_is_said_at_once(turnstile: Settings) -> None:
    with (
        override_settings(CATTLEGRID={**turnstile, "PROVIDER": "hcaptcha"}),
        pytest.raises(ConfigurationError, match="knows no actions"),
    ):
        render('{% captcha action="contact" %}')


def test_the_keys_of_a_fallback_are_looked_at_too(turnstile: Settings) -> None:
    published = {"PROVIDER": "hcaptcha", **TEST_KEYS["hcaptcha"]}
    ((identity, message),) = complaints({**turnstile, "FALLBACK": published})
    assert identity == "cattlegrid.E002"
    assert "hcaptcha publishes" in message
    own = {**published, "SITE_KEY": "other", "SECRET_KEY": "another-secret-key"}
    assert complaints({**turnstile, "FALLBACK": own}, deploy=True) == []
    ((identity, message),) = complaints({**turnstile, "FALLBACK": {**own, "URL": "https://a.example"}})
    assert identity == "cattlegrid.E001"
    assert "URL is not for the provider hcaptcha" in message
    ((identity, _),) = complaints({**turnstile, "FALLBACK": {**own, "SECRET_KEY": "short"}})
    assert identity == "cattlegrid.E001"
