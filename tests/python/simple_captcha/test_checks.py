"""Answers pass once, and nothing else passes."""

from __future__ import annotations

import asyncio
import datetime
import unicodedata
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from urllib.parse import urlencode

import pytest
from captcha_databases import DATABASES
from captcha_site import SignUp
from django.core.asgi import get_asgi_application
from django.core.exceptions import ValidationError
from django.db import connection, connections, transaction
from django.test import Client, override_settings
from django.utils import timezone
from rest_framework.exceptions import ValidationError as APIError

from cattlegrid.simple_captcha import answers
from cattlegrid.simple_captcha.fields import CaptchaField
from cattlegrid.simple_captcha.models import CaptchaStore
from cattlegrid.simple_captcha.serializers import CaptchaModelSerializer, CaptchaSerializer
from cattlegrid.simple_captcha.validators import captcha_validate

ODD = [
    None,
    5,
    0.5,
    True,
    [],
    ["a"],
    {},
    b"key",
    object(),
    "",
    " ",
    "\0",
    "a\0b",
    "\ud800",
    "x" * 1_000_000,
    "@2",
    "\x7f",
    "é",
    "'; --",
]


def errors(key: Any, answer: Any) -> dict[str, Any]:
    """What the form says."""
    return SignUp({"captcha_0": key, "captcha_1": answer}).errors


def given(captcha: CaptchaStore, answer: str | None = None) -> dict[str, str]:
    """What a form of the site posts."""
    return {"captcha_0": captcha.hashkey, "captcha_1": captcha.response if answer is None else answer}


@DATABASES
def test_a_right_answer_passes_once(captcha: CaptchaStore) -> None:
    assert errors(captcha.hashkey, captcha.response) == {}
    assert errors(captcha.hashkey, captcha.response) == {"captcha": ["Invalid CAPTCHA"]}


@DATABASES
def test_a_wrong_answer_spends_the_key(captcha: CaptchaStore) -> None:
    assert errors(captcha.hashkey, "wrong") == {"captcha": ["Invalid CAPTCHA"]}
    assert errors(captcha.hashkey, captcha.response) == {"captcha": ["Invalid CAPTCHA"]}
    assert not CaptchaStore.objects.exists()


@DATABASES
def test_an_expired_key_is_refused_as_an_unknown_one_is(captcha: CaptchaStore) -> None:
    CaptchaStore.objects.update(expiration=timezone.now() - datetime.timedelta(seconds=1))
    assert (
        errors(captcha.hashkey, captcha.response)
        == errors("unknown", "any")
        == {"captcha": ["Invalid CAPTCHA"]}
    )


def test_expired_keys_are_swept_with_an_answer() -> None:
    CaptchaStore.generate_key()
    CaptchaStore.objects.update(expiration=timezone.now() - datetime.timedelta(seconds=1))
    errors("unknown", "any")
    assert not CaptchaStore.objects.exists()


def test_how_letters_are_typed_does_not_matter() -> None:
    for typed in (" ÉA ", unicodedata.normalize("NFD", "éa"), "éＡ"):
        key = CaptchaStore.generate_key(lambda: ("ÉA", "éa"))
        assert errors(key, typed) == {}, typed


@DATABASES
@pytest.mark.parametrize("odd", ODD, ids=lambda odd: repr(odd)[:20])
def test_whatever_is_given_is_a_form_error(odd: object, captcha: CaptchaStore) -> None:
    assert list(errors(odd, captcha.response)) == ["captcha"]
    assert list(errors(captcha.hashkey, odd)) == ["captcha"]
    assert list(errors(odd, odd)) == ["captcha"]
    with pytest.raises(ValidationError):
        CaptchaField().clean(odd)
    for key, answer in ((odd, captcha.response), (captcha.hashkey, odd), (odd, odd)):
        with pytest.raises(APIError):
            captcha_validate(key, answer)  # type: ignore[arg-type]
        assert not CaptchaSerializer(data={"captcha_hashkey": key, "captcha_code": answer}).is_valid()


@pytest.mark.parametrize("odd", [None, "", [], [None, None], ["a"], ["a", "b", "c"], 5])
def test_a_field_that_need_not_be_answered_takes_nothing_at_all(odd: Any) -> None:
    field = CaptchaField(required=False)
    try:
        assert field.clean(odd)[1] == ""
    except ValidationError:
        assert odd not in (None, "", [], [None, None])


def test_a_field_that_need_not_be_answered_still_checks_what_is(captcha: CaptchaStore) -> None:
    with pytest.raises(ValidationError):
        CaptchaField(required=False).clean([captcha.hashkey, "wrong"])
    assert not CaptchaStore.objects.exists()


def test_missing_fields_are_form_errors(client: Client) -> None:
    assert SignUp({}).errors == {"captcha": ["This field is required."]}
    assert client.post("/sign-up/").content == b"refused"
    assert client.post("/api/").status_code == 400


def test_the_message_can_be_the_sites_own() -> None:
    field = CaptchaField(error_messages={"invalid": "No."})
    with pytest.raises(ValidationError, match=r"No\."):
        field.clean(["unknown", "any"])


def test_a_database_that_is_down_lets_nobody_through(
    captcha: CaptchaStore, caplog: pytest.LogCaptureFixture
) -> None:
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE captcha_captchastore RENAME TO elsewhere")
    try:
        with override_settings(CAPTCHA_TEST_MODE=True):
            assert errors(captcha.hashkey, captcha.response) == {"captcha": ["Invalid CAPTCHA"]}
            assert errors(captcha.hashkey, "passed") == {"captcha": ["Invalid CAPTCHA"]}
        with pytest.raises(APIError):
            captcha_validate(captcha.hashkey, captcha.response)
    finally:
        with connection.cursor() as cursor:
            cursor.execute("ALTER TABLE elsewhere RENAME TO captcha_captchastore")
    assert "could not be checked" in caplog.text
    assert captcha.response not in caplog.text.lower().split()


@DATABASES
def test_a_check_that_fails_leaves_the_sites_transaction_alone(
    captcha: CaptchaStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(_: object, using: str) -> None:
        with connections[using].cursor() as cursor:
            cursor.execute("SELECT nonsense FROM nowhere")

    monkeypatch.setattr(answers, "find_to_spend", broken)
    with transaction.atomic():
        assert errors(captcha.hashkey, captcha.response) == {"captcha": ["Invalid CAPTCHA"]}
        assert CaptchaStore.objects.count() == 1


@DATABASES
@pytest.mark.parametrize("answer", ["wrong", None])
def test_a_mishap_of_the_site_does_not_give_the_key_back(captcha: CaptchaStore, answer: str | None) -> None:
    connection.settings_dict["ATOMIC_REQUESTS"] = True
    client = Client(raise_request_exception=False)
    assert client.post("/mishap/", given(captcha, answer)).status_code == 500
    assert not CaptchaStore.objects.exists()


def test_a_mishap_of_an_asynchronous_server_does_not_either(captcha: CaptchaStore) -> None:
    connection.settings_dict["ATOMIC_REQUESTS"] = True
    assert asyncio.run(posted_to_asgi("/mishap/", given(captcha, "wrong"))) == 500
    assert not CaptchaStore.objects.exists()


async def posted_to_asgi(path: str, data: dict[str, str]) -> int:
    """The status that the site's ASGI application answers with."""
    body = urlencode(data).encode()
    headers = [
        (b"content-type", b"application/x-www-form-urlencoded"),
        (b"content-length", b"%d" % len(body)),
    ]
    scope = {"type": "http", "method": "POST", "path": path, "headers": headers, "query_string": b""}
    received = [{"type": "http.request", "body": body}]
    sent = []

    async def receive() -> dict[str, Any]:
        return received.pop() if received else await asyncio.Future()

    async def send(message: dict[str, Any]) -> None:
        sent.append(message)

    await get_asgi_application()(scope, receive, send)
    return int(sent[0]["status"])


@DATABASES
def test_an_api_that_rolls_back_does_not_give_the_key_back(captcha: CaptchaStore, client: Client) -> None:
    connection.settings_dict["ATOMIC_REQUESTS"] = True
    posted = {"captcha_hashkey": captcha.hashkey, "captcha_code": "wrong"}
    assert client.post("/api/", posted).status_code == 400
    assert not CaptchaStore.objects.exists()


@pytest.mark.parametrize("site", ["postgres_url", "mariadb_url"], indirect=True)
def test_a_key_that_an_open_transaction_spends_is_spent_for_all_others(captcha: CaptchaStore) -> None:
    def other() -> bool:
        try:
            with transaction.atomic():
                return answers.is_right(captcha.hashkey, captcha.response)
        finally:
            connections.close_all()

    with transaction.atomic(), ThreadPoolExecutor(1) as threads:
        assert not answers.is_right(captcha.hashkey, "wrong")
        assert not threads.submit(other).result()


@DATABASES
def test_a_right_answer_passes_in_a_transaction(captcha: CaptchaStore, client: Client) -> None:
    connection.settings_dict["ATOMIC_REQUESTS"] = True
    assert client.post("/sign-up/", given(captcha)).content == b"passed"
    assert client.post("/sign-up/", given(captcha)).content == b"refused"


def test_the_test_mode_takes_passed_and_spends_the_key(captcha: CaptchaStore) -> None:
    assert errors(captcha.hashkey, "passed") == {"captcha": ["Invalid CAPTCHA"]}
    with override_settings(CAPTCHA_TEST_MODE=True):
        assert errors("unknown", "PASSED") == {}
        assert errors(CaptchaStore.generate_key(), "Passed") == {}
        assert errors("unknown", "wrong") == {"captcha": ["Invalid CAPTCHA"]}
    assert not CaptchaStore.objects.exists()


def test_an_api_says_what_is_wrong(client: Client, captcha: CaptchaStore) -> None:
    posted = {"captcha_hashkey": captcha.hashkey.upper(), "captcha_code": f" {captcha.challenge} "}
    assert client.post("/api/", posted).json() == "passed"
    refused = client.post("/api/", posted)
    assert (refused.status_code, refused.json()) == (400, {"error": "Invalid CAPTCHA"})


def test_a_partial_update_does_not_go_around_the_captcha() -> None:
    assert not CaptchaSerializer(data={}, partial=True).is_valid()


def test_a_models_serializer_asks_too(captcha: CaptchaStore) -> None:
    from django.contrib.auth.models import User

    class Serializer(CaptchaModelSerializer):
        class Meta:
            model = User
            fields = ("first_name", "captcha_code", "captcha_hashkey")

    posted = {"first_name": "Ada", "captcha_hashkey": captcha.hashkey, "captcha_code": captcha.response}
    assert Serializer(data=posted).is_valid()
    assert not Serializer(data=posted).is_valid()
