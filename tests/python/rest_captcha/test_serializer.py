"""Who is let through, and who is not."""

from __future__ import annotations

from typing import Any, Callable

import pytest
from django.test import override_settings
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

UNKNOWN = {"non_field_errors": ["Invalid or expired captcha key"]}
WRONG = {"non_field_errors": ["Invalid captcha value"]}
ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.binary(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=5,
)

Issue = Callable[[], str]
Kept = Callable[[str], Any]
Serializer = Callable[[Any, Any], Any]


def put(key: str, answer: Any) -> str:
    """A challenge with this answer, made by hand as the tests of django-rest-captcha make theirs."""
    from django.core.cache import cache

    from cattlegrid.rest_captcha.utils import get_cache_key

    cache.set(get_cache_key(key), answer)
    return key


def test_a_right_answer_passes_once(issue: Issue, kept: Kept, serializer: Serializer) -> None:
    key = issue()
    answer = kept(key)
    assert serializer(key, answer).is_valid()
    again = serializer(key, answer)
    assert not again.is_valid()
    assert again.errors == UNKNOWN


def test_upper_and_lower_case_are_the_same(issue: Issue, kept: Kept, serializer: Serializer) -> None:
    key = issue()
    assert serializer(key, f" {kept(key).lower()} ").is_valid()


def test_a_wrong_answer_spends_the_key(issue: Issue, kept: Kept, serializer: Serializer) -> None:
    key = issue()
    answer = kept(key)
    wrong = serializer(key, "?")
    assert not wrong.is_valid()
    assert wrong.errors == WRONG
    assert not serializer(key, answer).is_valid()


def test_a_field_that_is_not_valid_spends_nothing(issue: Issue, kept: Kept, serializer: Serializer) -> None:
    key = issue()
    answer = kept(key)
    assert not serializer(key, "").is_valid()
    assert not serializer(key, "123456789").is_valid()
    assert serializer(key, answer).is_valid()


def test_an_expired_key_is_unknown(serializer: Serializer) -> None:
    from django.core.cache import cache

    from cattlegrid.rest_captcha.utils import get_cache_key

    cache.set(get_cache_key("key"), "GOOD", 0)
    assert not serializer("key", "GOOD").is_valid()


@pytest.mark.parametrize(
    "answer",
    ["GOOD", "gooD", "\uff27\uff2f\uff2f\uff24"],
    ids=["as it is", "mixed case", "full width"],
)
def test_an_answer_may_be_written_in_several_ways(serializer: Serializer, answer: str) -> None:
    assert serializer(put("key", "GOOD"), answer).is_valid()


def test_accents_may_be_composed_or_not(serializer: Serializer) -> None:
    assert serializer(put("key", "CAF\u00c9"), "cafe\u0301").is_valid()


@pytest.mark.parametrize(
    "key",
    [
        "a b",
        "\t",
        "a\x7fb",
        "\u00e9" * 64,
        "\U0001f511" * 64,
        "{key}",
        "{0.__class__}",
        "../../etc/passwd",
        "a\nb",
        "%s%n",
        "x" * 64,
    ],
)
def test_a_key_of_any_characters_is_an_unknown_key(serializer: Serializer, key: str) -> None:
    unknown = serializer(key, "GOOD")
    assert not unknown.is_valid()
    assert unknown.errors


@pytest.mark.parametrize(
    "value",
    [10**5000, "\ud800", "\x00", "G" * 10_000_000, b"GOOD", ["GOOD"], {"a": 1}, True, 1.5, None],
    ids=["huge", "surrogate", "nul", "long", "bytes", "list", "dict", "bool", "float", "none"],
)
def test_a_value_of_any_type_and_length_is_an_error(serializer: Serializer, value: Any) -> None:
    for key, answer in ((put("key", "GOOD"), value), (value, "GOOD")):
        refused = serializer(key, answer)
        assert not refused.is_valid()
        assert refused.errors


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(data=ANYTHING, key=ANYTHING, value=ANYTHING)
def test_nothing_raises_and_nothing_passes_by_accident(data: Any, key: Any, value: Any) -> None:
    from cattlegrid.rest_captcha.serializers import RestCaptchaSerializer

    assert not RestCaptchaSerializer(data=data).is_valid()
    assert not RestCaptchaSerializer(data={"captcha_key": key, "captcha_value": value}).is_valid()


@pytest.mark.parametrize("kept_instead", [None, True, 7, b"GOOD", ["GOOD"]])
def test_only_text_in_the_cache_is_an_answer(serializer: Serializer, kept_instead: Any) -> None:
    unknown = serializer(put("key", kept_instead), "GOOD")
    assert not unknown.is_valid()
    assert unknown.errors == UNKNOWN


def test_a_master_captcha_is_never_spent(serializer: Serializer) -> None:
    with override_settings(REST_CAPTCHA={"MASTER_CAPTCHA": {"master": "GOOD"}}):
        assert serializer("master", "good").is_valid()
        assert not serializer("master", "BAD").is_valid()
        assert serializer("master", "GOOD").is_valid()


def test_key_and_answer_are_no_part_of_the_data() -> None:
    from rest_framework import serializers

    from cattlegrid.rest_captcha.serializers import RestCaptchaSerializer

    class SignUp(RestCaptchaSerializer):
        name = serializers.CharField()

    sign_up = SignUp(data={"captcha_key": put("key", "GOOD"), "captcha_value": "good", "name": "Ann"})
    assert sign_up.is_valid()
    assert sign_up.validated_data == {"name": "Ann"}
    assert sign_up.data == {"name": "Ann"}


def test_a_subclass_that_forgets_to_call_validate_is_checked_all_the_same() -> None:
    from rest_framework import serializers

    from cattlegrid.rest_captcha.serializers import RestCaptchaSerializer

    class SignUp(RestCaptchaSerializer):
        name = serializers.CharField()

        def validate(self, data: Any) -> Any:
            return {**data, "name": "Bob"}

    data = {"captcha_key": put("key", "GOOD"), "captcha_value": "BAD", "name": "Ann"}
    refused = SignUp(data=data)
    assert not refused.is_valid()
    assert refused.errors == WRONG
    passed = SignUp(data={**data, "captcha_key": put("another", "GOOD"), "captcha_value": "GOOD"})
    assert passed.is_valid()
    assert passed.validated_data == {"name": "Bob"}


def test_a_partial_update_needs_an_answer_too() -> None:
    from cattlegrid.rest_captcha.serializers import RestCaptchaSerializer

    partial = RestCaptchaSerializer(data={}, partial=True)
    assert not partial.is_valid()
    assert set(partial.errors) == {"captcha_key", "captcha_value"}


def test_each_of_many_needs_a_key_of_its_own() -> None:
    from cattlegrid.rest_captcha.serializers import RestCaptchaSerializer

    one, two, three = ({"captcha_key": put(key, "GOOD"), "captcha_value": "GOOD"} for key in "abc")
    assert not RestCaptchaSerializer(data=[one, one], many=True).is_valid()
    assert RestCaptchaSerializer(data=[two, three], many=True).is_valid()


def test_a_spent_key_stays_spent(serializer: Serializer) -> None:
    assert serializer(put("key", "GOOD"), "GOOD").is_valid()
    assert not serializer(put("key", "GOOD"), "GOOD").is_valid()
