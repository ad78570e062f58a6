"""The caches that a site may have, in health and out of order."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Callable

import pytest
from django.core.cache import caches
from django.core.cache.backends.locmem import LocMemCache
from django.test import Client, override_settings

from cattlegrid.rest_captcha import utils

BACKENDS = "django.core.cache.backends"
UNKNOWN = {"non_field_errors": ["Invalid or expired captcha key"]}

Issue = Callable[[], str]
Kept = Callable[[str], Any]
Serializer = Callable[[Any, Any], Any]


class Broken(LocMemCache):
    """A cache in which one operation fails, in one of the ways in which they do."""

    def __init__(self, name: str, params: dict[str, Any]) -> None:
        super().__init__(name, params)
        operation, result = params["OPTIONS"]["BROKEN"]
        setattr(self, operation, lambda *_, **__: self._fail(result))

    def _fail(self, result: Any) -> Any:
        if isinstance(result, Exception):
            raise result
        return result


@pytest.fixture(params=["locmem", "file", "redis", "memcached"])
def cache(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[None]:
    """The site with each of the caches in turn."""
    places = {
        "locmem": lambda: (f"{BACKENDS}.locmem.LocMemCache", ""),
        "file": lambda: (f"{BACKENDS}.filebased.FileBasedCache", str(tmp_path)),
        "redis": lambda: (f"{BACKENDS}.redis.RedisCache", request.getfixturevalue("redis_url")),
        "memcached": lambda: (
            f"{BACKENDS}.memcached.PyMemcacheCache",
            request.getfixturevalue("memcached_address"),
        ),
    }
    backend, location = places[request.param]()
    fresh = {"BACKEND": backend, "LOCATION": location, "KEY_PREFIX": uuid.uuid4().hex}
    with override_settings(CACHES={"default": fresh}):
        yield


@pytest.mark.usefixtures("cache")
class TestEachCache:
    """What holds on all of them."""

    def test_a_right_answer_passes_once(self, issue: Issue, kept: Kept, serializer: Serializer) -> None:
        key = issue()
        answer = kept(key)
        assert serializer(key, answer).is_valid()
        assert not serializer(key, answer).is_valid()

    def test_a_wrong_answer_spends_the_key(self, issue: Issue, kept: Kept, serializer: Serializer) -> None:
        key = issue()
        answer = kept(key)
        assert not serializer(key, "?").is_valid()
        assert not serializer(key, answer).is_valid()

    def test_a_sealed_answer_passes_once(
        self, issue: Issue, serializer: Serializer, monkeypatch: Any
    ) -> None:
        monkeypatch.setattr(utils, "random_char_challenge", lambda _: "WORD")
        with override_settings(REST_CAPTCHA={"CAPTCHA_SEAL": True}):
            key = issue()
            assert serializer(key, "word").is_valid()
            assert not serializer(key, "word").is_valid()
            assert not serializer(issue(), "wort").is_valid()

    def test_a_key_of_any_characters_is_unknown(self, serializer: Serializer) -> None:
        for key in ("a b", "\u00e9" * 64, "\x7f", "x" * 64):
            unknown = serializer(key, "GOOD")
            assert not unknown.is_valid()
            assert unknown.errors == UNKNOWN


@pytest.mark.parametrize("operation", ["get", "delete", "add"])
@pytest.mark.parametrize("result", [None, False, ConnectionRefusedError()], ids=["none", "no", "raises"])
def test_whatever_fails_nobody_passes(serializer: Serializer, operation: str, result: Any) -> None:
    broken = {"BACKEND": f"{__name__}.Broken", "OPTIONS": {"BROKEN": (operation, result)}}
    with override_settings(CACHES={"default": broken}):
        caches["default"].set(utils.get_cache_key("key"), "GOOD")
        refused = serializer("key", "GOOD")
        assert not refused.is_valid()
        assert refused.errors == UNKNOWN


@pytest.mark.parametrize("operation", ["delete", "add"])
def test_one_of_the_two_steps_is_enough_to_pass_once(serializer: Serializer, operation: str) -> None:
    """Where a cache always says that it has deleted, or always that it has added."""
    polite = {"BACKEND": f"{__name__}.Broken", "OPTIONS": {"BROKEN": (operation, True)}}
    with override_settings(CACHES={"default": polite}):
        caches["default"].set(utils.get_cache_key("key"), "GOOD")
        assert serializer("key", "GOOD").is_valid()
        assert not serializer("key", "GOOD").is_valid()


def test_a_cache_that_is_down_is_in_the_log_without_keys(
    serializer: Serializer, caplog: pytest.LogCaptureFixture
) -> None:
    broken = {"BACKEND": f"{__name__}.Broken", "OPTIONS": {"BROKEN": ("get", ValueError("the-key"))}}
    with override_settings(CACHES={"default": broken}):
        assert not serializer("the-key", "GOOD").is_valid()
    assert "ValueError" in caplog.text
    assert "the-key" not in caplog.text


def test_another_cache_can_be_named(client: Client) -> None:
    two = {
        "default": {"BACKEND": f"{BACKENDS}.dummy.DummyCache"},
        "answers": {"BACKEND": f"{BACKENDS}.locmem.LocMemCache", "LOCATION": "answers"},
    }
    with override_settings(CACHES=two, REST_CAPTCHA={"CAPTCHA_CACHE": "answers"}):
        key = client.post("/").json()["captcha_key"]
        assert isinstance(caches["answers"].get(utils.get_cache_key(key)), str)


class TestSeal:
    """`CAPTCHA_SEAL`."""

    @pytest.fixture(autouse=True)
    def sealed(self, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
        """A site that seals, and asks for one word."""
        monkeypatch.setattr(utils, "random_char_challenge", lambda _: "WORD")
        with override_settings(REST_CAPTCHA={"CAPTCHA_SEAL": True}):
            yield

    def test_the_cache_does_not_tell_the_answer(self, issue: Issue, kept: Kept) -> None:
        first, second = kept(issue()), kept(issue())
        assert "WORD" not in first
        assert first != second

    def test_what_was_kept_for_one_key_is_nothing_for_another(
        self, issue: Issue, kept: Kept, serializer: Serializer
    ) -> None:
        key, other = issue(), issue()
        caches["default"].set(utils.get_cache_key(other), kept(key))
        assert not serializer(other, "WORD").is_valid()

    def test_an_answer_in_plain_text_is_none(self, issue: Issue, serializer: Serializer) -> None:
        key = issue()
        caches["default"].set(utils.get_cache_key(key), "GOOD")
        assert not serializer(key, "GOOD").is_valid()

    def test_another_secret_opens_nothing(self, issue: Issue, serializer: Serializer) -> None:
        key = issue()
        with override_settings(SECRET_KEY="another secret"):
            assert not serializer(key, "WORD").is_valid()

    def test_a_former_secret_opens_what_it_sealed(self, issue: Issue, serializer: Serializer) -> None:
        from django.conf import settings

        key = issue()
        with override_settings(SECRET_KEY="another", SECRET_KEY_FALLBACKS=[settings.SECRET_KEY]):
            assert serializer(key, "word").is_valid()
