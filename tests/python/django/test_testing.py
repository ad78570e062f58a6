"""What a site's own test suite uses, in Django and Django REST framework, and in threads of its own."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator

import pytest
import website
from django.test import AsyncClient, Client, override_settings
from website_support import Provider, Settings

from cattlegrid import ConfigurationError
from cattlegrid.testing import captcha_passes, captcha_refuses, captcha_unreachable


@pytest.fixture(autouse=True)
def _testing(turnstile: Settings) -> Iterator[None]:
    with override_settings(CATTLEGRID={**turnstile, "TESTING": True}):
        yield


def test_a_pass_needs_neither_token_nor_network(provider: Provider) -> None:
    with captcha_passes(hostname="example.org"):
        assert Client().post("/plain").json()["captcha"]["hostname"] == "example.org"
        assert Client().post("/permitted").status_code == 200
        assert Client().post("/messages", {"text": "hello"}).status_code == 201
        assert website.Contact({"email": "ada@example.org"}).is_valid()
    assert Client().post("/plain").status_code == 400
    assert provider.asked == []


def test_a_refusal_has_the_codes_that_are_asked_for(provider: Provider) -> None:
    with captcha_refuses("score-too-low", "bad-request"):
        answer = Client().post("/plain", {"cf-turnstile-response": "token"})
        assert (answer.status_code, answer.json()["error-codes"]) == (403, ["score-too-low", "bad-request"])
        assert "captcha" in website.Contact({"email": "ada@example.org"}).errors
    with captcha_refuses():
        assert Client().post("/permitted").json()["error-codes"] == ["invalid-input-response"]
    assert provider.asked == []


def test_an_outage_is_what_the_site_makes_of_it(turnstile: Settings) -> None:
    with captcha_unreachable():
        assert Client().post("/plain").json()["error-codes"] == ["provider-unreachable"]
        with override_settings(CATTLEGRID={**turnstile, "TESTING": True, "WHEN_UNREACHABLE": "allow"}):
            assert Client().post("/plain").json()["captcha"]["decided"] is False
            with captcha_unreachable("store-unavailable"):
                assert Client().post("/plain").status_code == 503


def test_the_innermost_counts() -> None:
    with captcha_refuses():
        with captcha_passes():
            assert Client().post("/plain").status_code == 200
        assert Client().post("/plain").status_code == 403


@captcha_passes()
def test_a_test_may_be_decorated() -> None:
    assert Client().post("/plain").status_code == 200


def test_a_coroutine_may_be_decorated() -> None:
    @captcha_passes()
    async def visit() -> int:
        await asyncio.sleep(0)
        return (await AsyncClient().post("/awaited")).status_code

    assert asyncio.run(visit()) == 200
    assert Client().post("/plain").status_code == 400


def test_a_choice_counts_in_every_thread() -> None:
    statuses: list[int] = []

    def visit() -> None:
        statuses.append(Client().post("/plain").status_code)

    with captcha_passes():
        threads = [threading.Thread(target=visit) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert statuses == [200] * 8


def test_one_choice_may_be_entered_again() -> None:
    choice = captcha_passes()
    with choice, choice:
        assert Client().post("/plain").status_code == 200
    assert Client().post("/plain").status_code == 400


def test_a_choice_ends_with_an_exception() -> None:
    with pytest.raises(KeyError), captcha_passes():
        raise KeyError
    assert Client().post("/plain").status_code == 400


def test_a_class_is_not_decorated() -> None:
    with pytest.raises(TypeError, match="not their class"):
        captcha_passes()(type("Tests", (), {}))


def test_a_site_in_use_cannot_be_opened(turnstile: Settings) -> None:
    with (
        override_settings(CATTLEGRID=turnstile),
        captcha_passes(),
        pytest.raises(ConfigurationError, match="TESTING"),
    ):
        Client().post("/plain")
    assert website.RAN == []
