"""The endpoint that issues challenges."""

from __future__ import annotations

import base64
import uuid
from typing import Any, Callable

import pytest
from django.core.cache.backends.locmem import LocMemCache
from django.test import Client, override_settings


class Full(LocMemCache):
    """A cache that has no room, and says so as caches do."""

    def add(self, *_: Any, **__: Any) -> bool:
        """No."""
        return False


DOWN = [
    {"BACKEND": "django.core.cache.backends.redis.RedisCache", "LOCATION": "redis://127.0.0.1:9"},
    {"BACKEND": "django.core.cache.backends.memcached.PyMemcacheCache", "LOCATION": "127.0.0.1:9"},
    {"BACKEND": f"{__name__}.Full"},
    {"BACKEND": "no.such.Cache"},
]


def test_a_challenge_is_a_key_and_a_picture(client: Client) -> None:
    response = client.post("/")
    challenge = response.json()
    assert response.status_code == 200
    assert list(challenge) == ["captcha_key", "captcha_image", "image_type", "image_decode"]
    assert uuid.UUID(challenge["captcha_key"]).version == 4
    assert base64.b64decode(challenge["captcha_image"], validate=True).startswith(b"\x89PNG")
    assert (challenge["image_type"], challenge["image_decode"]) == ("image/png", "base64")


def test_settings_name_the_members(client: Client) -> None:
    with override_settings(REST_CAPTCHA={"CAPTCHA_KEY": "k", "CAPTCHA_IMAGE": "i"}):
        assert list(client.post("/").json()) == ["k", "i", "image_type", "image_decode"]


def test_only_post_issues(client: Client) -> None:
    assert client.get("/").status_code == 405


def test_nobody_has_to_log_in(client: Client) -> None:
    strict = {"DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAuthenticated"]}
    with override_settings(REST_FRAMEWORK=strict):
        assert client.post("/").status_code == 200


def test_the_answer_is_kept_in_upper_case_for_as_long_as_the_settings_say(
    client: Client, kept: Callable[[str], Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    from cattlegrid.rest_captcha import utils

    monkeypatch.setattr(utils, "random_char_challenge", lambda length: "A" * (length + 2))
    with override_settings(REST_CAPTCHA={"CAPTCHA_TIMEOUT": 1000, "CAPTCHA_LENGTH": 5}):
        assert kept(client.post("/").json()["captcha_key"]) == "AAAAAAA"


@pytest.mark.parametrize("cache", DOWN, ids=["redis", "memcached", "full", "missing"])
def test_without_a_working_cache_there_are_no_challenges(client: Client, cache: dict[str, Any]) -> None:
    with override_settings(CACHES={"default": cache}):
        response = client.post("/")
    assert response.status_code == 503
    assert "captcha" in response.json()["detail"]


def test_an_address_gets_so_many_challenges_a_minute(client: Client) -> None:
    with override_settings(REST_FRAMEWORK={"DEFAULT_THROTTLE_RATES": {"rest_captcha": "2/min"}}):
        statuses = [client.post("/").status_code for _ in range(3)]
        other = client.post("/", REMOTE_ADDR="192.0.2.1").status_code
    assert (statuses, other) == ([200, 200, 429], 200)


def test_the_rate_has_a_default(client: Client) -> None:
    statuses = [client.post("/").status_code for _ in range(121)]
    assert statuses == [200] * 120 + [429]


def test_the_rate_can_be_none(client: Client) -> None:
    with override_settings(REST_FRAMEWORK={"DEFAULT_THROTTLE_RATES": {"rest_captcha": None}}):
        assert {client.post("/").status_code for _ in range(130)} == {200}


def test_a_site_has_a_rate_of_its_own_in_a_subclass() -> None:
    from rest_framework.test import APIRequestFactory

    from cattlegrid.rest_captcha.throttling import RestCaptchaThrottle
    from cattlegrid.rest_captcha.views import RestCaptchaView

    class Slow(RestCaptchaThrottle):
        rate = "1/day"

    view = RestCaptchaView.as_view(throttle_classes=[Slow])
    statuses = [view(APIRequestFactory().post("/")).status_code for _ in range(2)]
    assert statuses == [200, 429]


def test_with_the_number_of_proxies_a_forged_address_changes_nothing(client: Client) -> None:
    framework = {"NUM_PROXIES": 1, "DEFAULT_THROTTLE_RATES": {"rest_captcha": "1/min"}}
    with override_settings(REST_FRAMEWORK=framework):
        statuses = [
            client.post("/", HTTP_X_FORWARDED_FOR=f"203.0.113.{number}, 192.0.2.1").status_code
            for number in (1, 2)
        ]
    assert statuses == [200, 429]


def test_an_address_of_any_length_is_an_address(client: Client, memcached_address: str) -> None:
    cache = {
        "BACKEND": "django.core.cache.backends.memcached.PyMemcacheCache",
        "LOCATION": memcached_address,
        "KEY_PREFIX": uuid.uuid4().hex,
    }
    with override_settings(CACHES={"default": cache}):
        assert client.post("/", HTTP_X_FORWARDED_FOR="é\t" * 5000).status_code == 200
