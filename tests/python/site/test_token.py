"""Where a token may be in a request."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cattlegrid._site.refusal import refusal, wants_json
from cattlegrid._site.token import JSON_NAME, SentToken, from_json, only
from cattlegrid._site.verification import Missing, refused, unavailable


def test_a_field_has_one_value_or_none() -> None:
    assert only(["token"]) == "token"
    assert only([]) is None
    assert only(["token", "token"]) is None


def test_the_first_name_that_is_there_counts() -> None:
    assert from_json(b'{"b": "second", "a": "first"}', ("a", "b")) == SentToken("first", "a")
    assert from_json(b'{"b": "second"}', ("a", "b")) == SentToken("second", "b")
    assert from_json(b'{"a": null, "b": "second"}', ("a", "b")) == SentToken(None, "a")


def test_a_name_of_no_provider_says_nothing_of_it() -> None:
    assert from_json(b'{"captcha": "token"}', ("a", JSON_NAME)) == SentToken("token", None)
    assert SentToken.of("token") == SentToken("token", None)


@pytest.mark.parametrize("body", [b"", b"null", b"[]", b'"a"', b"{", b"\xff", b"[" * 100_000, b'{"c": 1}'])
def test_another_body_has_no_token(body: bytes) -> None:
    assert from_json(body, ("a", "b")) is None


@given(st.binary())
def test_no_body_raises(body: bytes) -> None:
    sent = from_json(body, ("a",))
    assert sent is None or json.loads(body)["a"] == sent.text


def test_each_failure_has_its_status_and_codes() -> None:
    missing = refusal(Missing("none"))
    assert (missing.status, missing.codes) == (400, ("missing-input-response",))
    denied = refusal(refused("timeout-or-duplicate", "bad-request"))
    assert (denied.status, denied.codes) == (403, ("timeout-or-duplicate", "bad-request"))
    outage = refusal(unavailable("store-unavailable"))
    assert (outage.status, outage.codes) == (503, ("store-unavailable",))
    assert outage.headers["Retry-After"] == "1"


@pytest.mark.parametrize(
    ("accept", "json_wanted"),
    [
        ("", True),
        ("*/*", True),
        ("application/json", True),
        ("text/html,application/xhtml+xml,*/*;q=0.8", False),
        ("Text/HTML", False),
    ],
)
def test_browsers_that_go_to_a_page_get_text(accept: str, json_wanted: bool) -> None:
    assert wants_json(accept) is json_wanted
