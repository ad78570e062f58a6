"""What becomes of tokens."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import time
from typing import Any, Callable
from uuid import UUID

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cattlegrid import CattlegridError, ConfigurationError, Passed, Refused, Unavailable, Verifier

from .stand_in import SECRET_KEY, Provider, says

Make = Callable[..., Verifier]

PROVIDERS = ["cattlegrid", "hcaptcha", "recaptcha_v2", "recaptcha_v3", "turnstile"]
YES = {
    "success": True,
    "challenge_ts": "2026-01-31T12:00:00Z",
    "hostname": "www.example.org",
    "action": "login",
    "score": 0.9,
}


def codes(verifier: Verifier, token: str, **others: Any) -> tuple[str, ...]:
    """Those that the token is refused with."""
    with pytest.raises(Refused) as refused:
        verifier.verify(token, **others)
    assert refused.value.code == refused.value.codes[0]
    return refused.value.codes


@pytest.mark.parametrize("name", PROVIDERS)
def test_who_passed_is_known_as_far_as_the_provider_says(name: str, make: Make, provider: Provider) -> None:
    provider.answer = says(YES)
    verifier = make(name, hostnames=["*.example.org"], site_key="the-site-key")
    passed = verifier.verify("the-token", remote_ip="203.0.113.7")
    assert isinstance(passed, Passed)
    assert (passed.provider, verifier.provider) == (name, name)
    assert passed.challenge_ts == "2026-01-31T12:00:00Z"
    assert passed.hostname == "www.example.org"
    assert passed.action == ("login" if name in ("cattlegrid", "recaptcha_v3", "turnstile") else None)
    assert passed.score == (0.9 if name in ("cattlegrid", "recaptcha_v3") else None)
    form = {"secret": SECRET_KEY, "response": "the-token", "remoteip": "203.0.113.7"}
    if name in ("cattlegrid", "hcaptcha"):
        form["sitekey"] = "the-site-key"
    [asked] = provider.asked
    key = asked.pop("idempotency_key", None)
    assert (key is not None and UUID(key).version == 4) == (name == "turnstile")
    assert asked == form


def test_recaptcha_enterprise_gives_an_assessment(make: Make, provider: Provider) -> None:
    token = {"valid": True, "hostname": "example.org", "action": "login", "createTime": "2026-01-31"}
    provider.answer = says({"tokenProperties": token, "riskAnalysis": {"score": 0.7, "reasons": []}})
    verifier = make("recaptcha_enterprise", site_key="the-site-key", action="login", minimum_score=0.6)
    passed = verifier.verify("the-token", remote_ip="203.0.113.7")
    assert (passed.provider, passed.action, passed.score) == ("recaptcha_enterprise", "login", 0.7)
    event = provider.events[0]["event"]
    assert event == {
        "token": "the-token",
        "siteKey": "the-site-key",
        "expectedAction": "login",
        "userIpAddress": "203.0.113.7",
    }
    provider.answer = says({"tokenProperties": {"valid": False, "invalidReason": "DUPE"}})
    assert codes(verifier, "another") == ("dupe",)


def test_friendly_captcha_says_an_origin(make: Make, provider: Provider) -> None:
    challenge = {"timestamp": "2026-01-31T12:00:00Z", "origin": "https://example.org"}
    provider.answer = says({"success": True, "data": {"challenge": challenge}})
    verifier = make("friendly_captcha", hostnames=["example.org"])
    assert verifier.verify("the-token").hostname == "example.org"
    provider.answer = says({"success": False, "error": {"error_code": "response_duplicate", "detail": ""}})
    assert codes(verifier, "another") == ("response_duplicate",)


def test_altchas_payloads_are_judged_here_or_by_a_server(make: Make, provider: Provider, store: str) -> None:
    salt = f"f00dcafe?expires={int(time.time()) + 300}&"
    challenge = hashlib.sha256(f"{salt}4711".encode()).hexdigest()
    signature = hmac.new(SECRET_KEY.encode(), challenge.encode(), "sha256").hexdigest()
    solved = {
        "algorithm": "SHA-256",
        "challenge": challenge,
        "number": 4711,
        "salt": salt,
        "signature": signature,
    }
    payload = base64.b64encode(json.dumps(solved).encode()).decode()
    verifier = Verifier("altcha", secret_key=SECRET_KEY, store=store)
    assert verifier.verify(payload).provider == "altcha"
    assert codes(verifier, payload) == ("already-seen-response",)
    assert codes(Verifier("altcha_signature", secret_key=SECRET_KEY, store=store), payload) == (
        "invalid-input-response",
    )
    provider.answer = says({"verified": True})
    assert make("altcha_server").verify(payload).provider == "altcha_server"
    assert provider.events == [{"payload": payload, "secret": SECRET_KEY}]


@pytest.mark.parametrize("name", PROVIDERS)
def test_a_refusal_has_the_providers_codes(name: str, make: Make, provider: Provider) -> None:
    provider.answer = says({"success": False, "error-codes": ["timeout-or-duplicate", "bad-request"]})
    assert codes(make(name), "token") == ("timeout-or-duplicate", "bad-request")
    provider.answer = says({"success": False})
    assert codes(make(name), "token") == ("refused-without-reason",)


@pytest.mark.parametrize(
    ("name", "expected", "reply", "code"),
    [
        ("hcaptcha", {"hostnames": ["example.org"]}, {"hostname": "example.net"}, "hostname-mismatch"),
        ("hcaptcha", {"hostnames": ["example.org"]}, {}, "hostname-mismatch"),
        ("turnstile", {"action": "login"}, {"action": "comment"}, "action-mismatch"),
        ("cattlegrid", {"action": "login"}, {"action": ""}, "action-mismatch"),
        ("cattlegrid", {"minimum_score": 0.8}, {"score": 0.7}, "score-too-low"),
        ("cattlegrid", {"minimum_score": 0.0}, {}, "score-too-low"),
        ("recaptcha_v3", {}, {"score": 0.4}, "score-too-low"),
        ("recaptcha_v3", {}, {}, "score-too-low"),
        ("recaptcha_v3", {"minimum_score": 0.8}, {"score": 0.7}, "score-too-low"),
    ],
)
def test_what_is_expected_must_be_said(
    name: str, expected: dict[str, Any], reply: dict[str, Any], code: str, make: Make, provider: Provider
) -> None:
    provider.answer = says({"success": True, **reply})
    assert codes(make(name, **expected), "token") == (code,)


def test_a_token_passes_once(make: Make) -> None:
    one, other = make(), make()
    one.verify("token")
    assert codes(one, "token") == ("already-seen-response",)
    assert codes(other, "token") == ("already-seen-response",)
    other.verify("another")


def test_a_store_in_memory_will_do_for_one_process(make: Make) -> None:
    verifier = make(store="memory:")
    verifier.verify("token")
    assert codes(verifier, "token") == ("already-seen-response",)


def test_an_action_may_be_said_for_each_form(make: Make, provider: Provider) -> None:
    provider.answer = says({"success": True, "action": "login"})
    verifier = make(action="comment")
    assert codes(verifier, "token") == ("action-mismatch",)
    assert verifier.verify("token", action="login").action == "login"


def test_a_claimed_token_is_spent(make: Make) -> None:
    verifier = make()
    verifier.claim("token")
    with pytest.raises(Refused) as refused:
        verifier.claim("token")
    assert refused.value.codes == ("already-seen-response",)
    assert codes(verifier, "token") == ("already-seen-response",)


def test_dummy_tokens_are_good_with_test_keys(make: Make) -> None:
    verifier = make(secret_key="1x0000000000000000000000000000000AA")
    for _ in range(2):
        verifier.verify("XXXX.DUMMY.TOKEN.XXXX")


@pytest.mark.parametrize("remote_ip", [None, "", "unix:", "203.0.113.7:4711", "\udc80", "1" * 1000])
def test_what_is_no_address_is_left_out(remote_ip: str | None, make: Make, provider: Provider) -> None:
    make().verify("token", remote_ip=remote_ip)
    assert "remoteip" not in provider.asked[0]


@pytest.mark.parametrize(
    ("token", "code"),
    [
        ("", "missing-input-response"),
        (" ", "invalid-input-response"),
        ("a b", "invalid-input-response"),
        ("a\0", "invalid-input-response"),
        ("jeton-accès", "invalid-input-response"),
        ("\ud800", "invalid-input-response"),
        ("a" * 2049, "invalid-input-response"),
        ("a" * 10_000_000, "invalid-input-response"),
    ],
)
def test_what_cannot_be_a_token_is_refused_without_asking(
    token: str, code: str, make: Make, provider: Provider
) -> None:
    verifier = make()
    assert codes(verifier, token) == (code,)
    with pytest.raises(Refused) as refused:
        verifier.claim(token)
    assert refused.value.codes == (code,)
    assert provider.asked == []


@pytest.mark.parametrize("token", [None, 7, b"token", ["token"], {}, object()])
def test_what_is_no_text_is_refused(token: Any, make: Make) -> None:
    assert codes(make(), token) == ("invalid-input-response",)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(token=st.text() | st.text(st.characters(min_codepoint=0x21, max_codepoint=0x7E)))
def test_any_text_passes_or_is_refused(token: str, make: Make) -> None:
    verifier = make(store="memory:")
    if token and len(token) <= 2048 and all("!" <= character <= "~" for character in token):
        verifier.verify(token)
    else:
        assert codes(verifier, token) == (f"{'invalid' if token else 'missing'}-input-response",)


@pytest.mark.parametrize(
    ("name", "arguments", "says"),
    [
        ("recaptcha", {}, "no provider `recaptcha`"),
        ("turnstile", {"secret_key": "short"}, "a secret key is"),
        ("turnstile", {"site_key": "a b"}, "a site key is"),
        ("turnstile", {"url": "https://captcha.example.org"}, "the address of siteverify is"),
        ("cattlegrid", {"url": None}, "cattlegrid needs the address"),
        ("altcha", {}, "altcha is not asked anywhere"),
        ("altcha_signature", {"url": None, "hostnames": ["example.org"]}, "does not say the page's host"),
        ("recaptcha_enterprise", {}, "recaptcha_enterprise needs the site key"),
        ("recaptcha_enterprise", {"url": None}, "recaptcha_enterprise needs the address"),
        ("friendly_captcha", {"action": "login"}, "does not say an action"),
        ("turnstile", {"hostnames": ["https://example.org"]}, "is no hostname"),
        ("turnstile", {"action": "sign up"}, "an action is"),
        ("hcaptcha", {"action": "login"}, "hcaptcha does not say an action"),
        ("recaptcha_v2", {"minimum_score": 0.5}, "recaptcha_v2 gives no score"),
        ("recaptcha_v3", {"minimum_score": 1.5}, "a score is"),
        ("recaptcha_v3", {"minimum_score": float("nan")}, "a score is"),
        ("turnstile", {"timeout": 0.01}, "the timeout is"),
        ("turnstile", {"timeout": -1.0}, "the timeout is"),
        ("turnstile", {"timeout": float("inf")}, "the timeout is"),
        ("turnstile", {"store": "redis:"}, "store"),
        ("turnstile", {"store": "sqlite:/nowhere/at/all/spent.db"}, "cannot write to"),
    ],
)
def test_a_mistake_in_the_configuration_is_named(
    name: str, arguments: dict[str, Any], says: str, make: Make
) -> None:
    with pytest.raises(ConfigurationError, match=says):
        make(name, **arguments)


def test_an_action_that_is_never_said_is_a_mistake(make: Make) -> None:
    with pytest.raises(ConfigurationError, match="hcaptcha does not say an action"):
        make("hcaptcha").verify("token", action="login")


def test_a_store_that_is_full_lets_nobody_through(make: Make, store: str) -> None:
    verifier = make(store=f"{store}?limit=1")
    verifier.verify("one")
    for use in (verifier.verify, verifier.claim):
        with pytest.raises(Unavailable) as unavailable:
            use("another")
        assert unavailable.value.code == "store-unavailable"


def test_neither_keys_nor_tokens_are_shown(make: Make, provider: Provider) -> None:
    provider.answer = says({"success": False, "error-codes": ["The-Token"], "secret": SECRET_KEY})
    verifier = make()
    with pytest.raises(CattlegridError) as error:
        verifier.verify("the-token")
    shown = f"{verifier!r} {error.value!r} {error.value}"
    assert SECRET_KEY not in shown
    assert "token" not in shown.lower()
