"""Several providers, of which the next counts while those before it are unreachable."""

from __future__ import annotations

import asyncio
from typing import Any, Callable

import pytest

from cattlegrid import (
    Chain,
    ConfigurationError,
    Gate,
    Refused,
    Unavailable,
    Verifier,
    generate_secret,
)

from .stand_in import Provider, away, says

Make = Callable[..., Verifier]

TURNSTILE, HCAPTCHA = "cf-turnstile-response", "h-captcha-response"


def code(chain: Chain, token: str, **others: Any) -> str:
    """What becomes of a token that does not pass."""
    with pytest.raises((Refused, Unavailable)) as raised:
        chain.verify(token, **others)
    return raised.value.code


def test_the_second_address_is_asked_while_the_first_is_unreachable(
    make: Make, provider: Provider, other: Provider
) -> None:
    first, second = make(), make(url=other.url)
    chain = Chain([first, second])
    chain.verify("one", remote_ip="203.0.113.7")
    assert (len(provider.asked), len(other.asked)) == (1, 0)
    assert chain.current() is first
    provider.answer = away
    passed = chain.verify("two", remote_ip="203.0.113.7")
    assert (passed.provider, passed.decided) == ("turnstile", True)
    [asked] = other.asked
    assert (asked["response"], asked["remoteip"]) == ("two", "203.0.113.7")
    assert chain.current() is second
    assert code(chain, "two") == "already-seen-response"
    other.answer = says({"success": False, "error-codes": ["timeout-or-duplicate"]})
    assert code(chain, "three") == "timeout-or-duplicate"


def test_a_token_goes_to_the_provider_of_its_field_alone(
    make: Make, provider: Provider, other: Provider
) -> None:
    chain = Chain([make("turnstile"), make("hcaptcha", url=other.url)])
    assert chain.verify("one", field=TURNSTILE).provider == "turnstile"
    assert chain.verify("two").provider == "turnstile"
    assert code(chain, "three", field=HCAPTCHA) == "unexpected-provider"
    assert code(chain, "three", field="captcha") == "missing-input-response"
    assert other.asked == []
    provider.answer = away
    assert code(chain, "four", field=TURNSTILE) == "provider-unreachable"
    assert chain.current().provider == "hcaptcha"
    assert chain.verify("three", field=HCAPTCHA).provider == "hcaptcha"
    assert "four" not in [asked["response"] for asked in other.asked]


def test_asyncio_does_the_same(make: Make, provider: Provider, other: Provider) -> None:
    chain = Chain([make(), make(url=other.url)])
    provider.answer = away

    async def check() -> None:
        assert (await chain.verify_async("one", field=TURNSTILE)).provider == "turnstile"
        assert await chain.current_async() is chain.current()
        await chain.claim_async("two")
        with pytest.raises(Refused, match="already-seen"):
            await chain.verify_async("two")

    asyncio.run(check())


def test_a_claimed_token_is_spent_in_its_field(make: Make, other: Provider) -> None:
    hcaptcha = make("hcaptcha", url=other.url)
    chain = Chain([make(), hcaptcha])
    chain.claim("token")
    chain.claim("token", field=HCAPTCHA)
    assert code(chain, "token") == "already-seen-response"
    with pytest.raises(Refused, match="already-seen"):
        hcaptcha.verify("token")
    with pytest.raises(Refused, match="missing-input-response"):
        chain.claim("token", field="captcha")


def test_who_may_be_let_through_undecided_is_when_nobody_is_there(
    make: Make, provider: Provider, other: Provider
) -> None:
    def chain() -> Chain:
        return Chain([make(), make("hcaptcha", url=other.url)], when_unreachable="allow")

    provider.answer = away
    # Why: there is somebody else, whose widget the next page shows.
    assert code(chain(), "token") == "provider-unreachable"
    other.answer = away
    passed = chain().verify("token")
    assert (passed.provider, passed.decided, passed.hostname) == ("turnstile", False, None)
    assert code(chain(), "token") == "already-seen-response"


def test_an_outage_is_one_for_each_alone(make: Make, provider: Provider) -> None:
    chain = Chain([make()])
    provider.answer = away
    assert code(chain, "token") == "provider-unreachable"
    assert chain.current().provider == "turnstile"


def test_a_mistake_is_named(make: Make, other: Provider) -> None:
    with pytest.raises(ConfigurationError, match="`verifiers` is empty"):
        Chain([])
    with pytest.raises(ConfigurationError, match="`when_unreachable` is one of"):
        Chain([make()], when_unreachable="pass")  # type: ignore[arg-type]
    with pytest.raises(TypeError):
        Chain(["turnstile"])  # type: ignore[list-item]
    chain = Chain([make(), make("hcaptcha", url=other.url)])
    with pytest.raises(ConfigurationError, match="hcaptcha does not say an action"):
        chain.verify("token", action="login")
    assert repr(chain) == "<cattlegrid.Chain of turnstile, hcaptcha>"


def test_a_gate_is_always_there(
    make: Make, provider: Provider, store: str, answer_of: Callable[[str, str], str]
) -> None:
    secret = generate_secret()
    gate = Gate(secret=[generate_secret(), secret], store=store)
    older = Gate(secret=secret, store=store)

    def earn(gate: Gate, **issued: str) -> str:
        key = gate.issue(**issued).key
        return gate.answer(key, answer_of(key, secret), hostname="www.example.org")

    chain = Chain([make(), gate])
    token = earn(older, action="login")
    assert code(chain, token, field="cattlegrid-response") == "unexpected-provider"
    provider.answer = away
    assert code(chain, "token") == "provider-unreachable"
    assert chain.current() is gate
    assert code(chain, earn(older), field="cattlegrid-response", action="login") == "action-mismatch"
    passed = chain.verify(token, field="cattlegrid-response", action="login")
    assert (passed.provider, passed.hostname, passed.decided) == ("gate", "www.example.org", True)
    assert code(Chain([gate]), token) == "already-seen-response"
    assert code(Chain([gate]), "forged") == "invalid-input-response"
    with pytest.raises(ConfigurationError, match="an action is"):
        Chain([gate]).verify(token, action="no action")
