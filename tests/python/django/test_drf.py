"""The serializer mixin and the permission of Django REST framework."""

from __future__ import annotations

from typing import Any

import pytest
import website
from django.contrib.auth.models import User
from django.core.exceptions import ImproperlyConfigured
from django.test import Client
from rest_framework import serializers
from rest_framework.permissions import AllowAny
from website_support import SECRET, Provider

from cattlegrid.drf import CaptchaRequired, CaptchaSerializerMixin

pytestmark = pytest.mark.usefixtures("site")


JSON = "application/json"


def test_a_serializer_takes_the_token_out_of_its_data(provider: Provider) -> None:
    answer = Client().post("/messages", {"text": "hello", "captcha": "token"}, content_type=JSON)
    assert (answer.status_code, answer.json()) == (201, {"text": "hello"})
    assert website.RAN == ["messages {'text': 'hello'}"]
    assert provider.asked == [{"secret": SECRET, "response": "token", "remoteip": "127.0.0.1"}]


def test_a_form_s_name_for_the_token_will_do() -> None:
    data = {"text": "hello", "cf-turnstile-response": "token"}
    assert Client().post("/messages", data).status_code == 201
    assert (
        Client().post("/messages", {**data, "cf-turnstile-response": "two"}, content_type=JSON).status_code
        == 201
    )


@pytest.mark.parametrize("token", [None, "", 5, ["a"], {"a": "b"}, True])
def test_a_serializer_without_a_token_is_a_bad_request(provider: Provider, token: object) -> None:
    answer = Client().post("/messages", {"text": "hello", "captcha": token}, content_type=JSON)
    assert answer.status_code == 400
    assert answer.json() == {"error-codes": ["missing-input-response"], "detail": "Please solve the CAPTCHA."}
    assert website.RAN == []
    assert provider.asked == []


@pytest.mark.parametrize("data", ["[]", '"text"', "5", "null", "[[]]", '{"captcha": "\\ud800"}'])
def test_a_serializer_takes_no_other_data(data: str) -> None:
    assert Client().post("/messages", data, content_type=JSON).status_code in (400, 403)
    assert website.RAN == []


def test_a_serializer_refuses_with_codes(provider: Provider) -> None:
    provider.verification = {"success": False, "error-codes": ["timeout-or-duplicate"]}
    answer = Client().post("/messages", {"text": "", "captcha": "token"}, content_type=JSON)
    assert (answer.status_code, answer.json()["error-codes"]) == (403, ["timeout-or-duplicate"])


def test_a_serializer_says_that_nobody_could_decide(provider: Provider) -> None:
    provider.stop()
    answer = Client().post("/messages", {"text": "hello", "captcha": "token"}, content_type=JSON)
    assert (answer.status_code, answer.json()["error-codes"]) == (503, ["provider-unreachable"])
    assert answer["Retry-After"] == "1"


def test_the_rest_is_validated_with_a_good_token() -> None:
    answer = Client().post("/messages", {"text": "", "captcha": "token"}, content_type=JSON)
    assert (answer.status_code, set(answer.json())) == (400, {"text"})


def test_a_serializer_that_is_asked_says_so_and_raises_nothing() -> None:
    serializer = website.Message(data={"text": "hello"})
    assert not serializer.is_valid()
    assert serializer.errors == {"captcha": ["Please solve the CAPTCHA."]}
    assert serializer.errors["captcha"][0].code == "missing-input-response"
    assert serializer.validated_data == {}


def test_a_serializer_keeps_what_was_found() -> None:
    serializer = website.Message(data={"text": "hello", "captcha": "token"})
    assert serializer.is_valid()
    assert serializer.is_valid(raise_exception=True)
    assert serializer.captcha_verification is not None
    assert serializer.captcha_verification.hostname == "example.org"


def test_a_partial_update_needs_a_token() -> None:
    assert not website.Message({"text": "old"}, data={"text": "new"}, partial=True).is_valid()
    assert website.Message({"text": "old"}, data={"captcha": "token"}, partial=True).is_valid()


def test_a_model_s_serializer_is_saved_and_listed() -> None:
    client = Client()
    assert client.post("/accounts", {"username": "ada"}, content_type=JSON).status_code == 400
    made = client.post("/accounts", {"username": "ada", "captcha": "token"}, content_type=JSON)
    assert (made.status_code, made.json()) == (201, {"username": "ada"})
    taken = client.post("/accounts", {"username": "ada"}, content_type=JSON)
    assert taken.json()["error-codes"] == ["missing-input-response"]
    assert client.get("/accounts", headers={"Accept": "application/json"}).json() == [{"username": "ada"}]
    User.objects.all().delete()


def test_the_action_is_the_serializer_s_own(provider: Provider) -> None:
    class Acting(website.Message):
        captcha_action = "contact"

    provider.verification = {"success": True, "action": "sign-up"}
    assert not Acting(data={"text": "hello", "captcha": "one"}).is_valid()
    provider.verification = {"success": True, "action": "contact"}
    assert Acting(data={"text": "hello", "captcha": "two"}).is_valid()


def test_one_token_is_not_for_many(provider: Provider) -> None:
    class Nesting(serializers.Serializer[Any]):
        inner = website.Message()

    entry = {"text": "hello", "captcha": "token"}
    for serializer in (website.Message(data=[entry], many=True), Nesting(data={"inner": entry})):
        with pytest.raises(ImproperlyConfigured, match="outermost"):
            serializer.is_valid()
    assert provider.asked == []


def test_the_token_is_in_the_schema_and_never_in_the_answer() -> None:
    fields = website.Message().fields
    assert fields["captcha"].required
    assert fields["captcha"].write_only
    assert website.Message({"text": "hello"}).data == {"text": "hello"}


def test_a_permission_answers_with_its_codes(provider: Provider) -> None:
    answer = Client().post("/permitted")
    assert answer.json() == {"error-codes": ["missing-input-response"], "detail": "Please solve the CAPTCHA."}
    provider.stop()
    answer = Client().post("/permitted", {"captcha": "token"}, content_type=JSON)
    assert (answer.status_code, answer["Retry-After"]) == (503, "1")


@pytest.mark.parametrize(
    "permission", [CaptchaRequired & AllowAny, ~CaptchaRequired, CaptchaRequired | AllowAny]
)
def test_a_permission_cannot_be_talked_round(permission: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(website.Permitted, "permission_classes", (permission,))
    assert Client().post("/permitted").status_code == 400
    assert website.RAN == []


def test_a_page_with_forms_spends_no_token_and_needs_none(provider: Provider) -> None:
    provider.verification = {"success": True}
    html = {"Accept": "text/html"}
    assert Client().get("/permitted", headers=html).status_code == 200
    assert provider.asked == []
    assert Client().post("/permitted", {"captcha": "token"}, headers=html).status_code == 200
    assert Client().post("/messages", {"captcha": "two", "text": ""}, headers=html).status_code == 400
    assert [question["response"] for question in provider.asked] == ["token", "two"]


def test_permission_and_serializer_share_a_check(provider: Provider, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(website.Messages, "permission_classes", (CaptchaRequired,))
    answer = Client().post("/messages", {"text": "hello", "captcha": "token"}, content_type=JSON)
    assert answer.status_code == 201
    assert len(provider.asked) == 1


def test_the_action_is_the_view_s_own(provider: Provider, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(website.Permitted, "captcha_action", "sign-up", raising=False)
    provider.verification = {"success": True, "action": "contact"}
    answer = Client().post("/permitted", {"captcha": "token"}, content_type=JSON)
    assert answer.json()["error-codes"] == ["action-mismatch"]


def test_the_mixin_must_come_first() -> None:
    with pytest.raises(TypeError, match="before the serializer's own class"):
        type("Late", (serializers.Serializer, CaptchaSerializerMixin), {})
