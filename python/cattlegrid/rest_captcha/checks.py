"""System checks: what a site should know before its visitors do."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.conf import settings as django_settings
from django.core import checks
from django.core.cache.backends.db import DatabaseCache
from django.core.cache.backends.dummy import DummyCache
from django.core.cache.backends.locmem import LocMemCache
from django.db import connections, router
from rest_framework.settings import api_settings as drf_settings

from cattlegrid.rest_captcha import answers, captcha, utils
from cattlegrid.rest_captcha.settings import DEFAULTS, api_settings

_LONGEST_KEY = 200


def register() -> None:
    """Registers the checks with Django."""
    checks.register(check_settings, checks.Tags.security)
    checks.register(check_cache, checks.Tags.caches)
    checks.register(check_deployment, checks.Tags.security, deploy=True)


def check_settings(**_: Any) -> list[checks.CheckMessage]:
    """Settings that cannot work, and some that should not be where visitors are."""
    return [*_settings()]


def check_cache(**_: Any) -> list[checks.CheckMessage]:
    """Caches that forget, or that not every process of the site sees."""
    return [*_cache()]


def check_deployment(**_: Any) -> list[checks.CheckMessage]:
    """What only matters where visitors come through proxies."""
    if drf_settings.NUM_PROXIES is not None:
        return []
    return [
        checks.Warning(
            "Visitors can evade the throttle of challenges by sending another X-Forwarded-For each time.",
            hint="Set NUM_PROXIES of REST_FRAMEWORK to the number of your proxies; 0 for none.",
            id="rest_captcha.W006",
        )
    ]


def _settings() -> Iterator[checks.CheckMessage]:
    unknown = set(getattr(django_settings, "REST_CAPTCHA", None) or {}) - set(DEFAULTS)
    if unknown:
        yield checks.Warning(
            f"REST_CAPTCHA names settings that there are not: {', '.join(sorted(map(str, unknown)))}.",
            hint=f"There are {', '.join(DEFAULTS)}.",
            id="rest_captcha.W007",
        )
    timeout = api_settings.CAPTCHA_TIMEOUT
    if timeout is not None and not (isinstance(timeout, (int, float)) and timeout >= 1):
        yield checks.Error(
            "CAPTCHA_TIMEOUT of REST_CAPTCHA is no number of seconds.",
            hint="Set it to 1 or more, or to None for challenges that do not expire.",
            id="rest_captcha.E001",
        )
    if not _keys_are_good():
        yield checks.Error(
            "CAPTCHA_CACHE_KEY of REST_CAPTCHA does not make a key of its own for each challenge.",
            hint=f"It must have {{key}} in it, no spaces, and make at most {_LONGEST_KEY} ASCII characters.",
            id="rest_captcha.E002",
        )
    yield from _letters()
    if api_settings.MASTER_CAPTCHA and not django_settings.DEBUG:
        yield checks.Warning(
            "MASTER_CAPTCHA of REST_CAPTCHA is set while DEBUG is off: whoever knows it needs no picture.",
            hint="Set it in the settings of your tests alone.",
            id="rest_captcha.W001",
        )


def _letters() -> Iterator[checks.CheckMessage]:
    length = api_settings.CAPTCHA_LENGTH
    if not (isinstance(length, int) and 1 <= length <= 64):
        yield checks.Error(
            "CAPTCHA_LENGTH of REST_CAPTCHA is no number of letters.",
            hint="Set it to 1 to 8.",
            id="rest_captcha.E005",
        )
        return
    if length > 8:
        yield checks.Warning(
            "CAPTCHA_LENGTH of REST_CAPTCHA is more than the 8 letters that RestCaptchaSerializer takes.",
            hint="Shorten it, or declare a longer captcha_value in a subclass of the serializer.",
            id="rest_captcha.W002",
        )
    try:
        captcha.generate_image(utils.random_char_challenge(length))
    # Why any: functions of the site's own may raise whatever they like.
    except Exception as error:
        yield checks.Error(
            f"No picture can be drawn: {error}",
            hint="See CAPTCHA_STYLE, CAPTCHA_FONT_PATH, the other settings of pictures, FILTER_FUNCTION and "
            "NOISE_FUNCTION of REST_CAPTCHA.",
            id="rest_captcha.E003",
        )


def _keys_are_good() -> bool:
    try:
        keys = {utils.get_cache_key(key) for key in ("a" * 64, "b" * 64)}
    except (AttributeError, IndexError, KeyError, ValueError):
        return False
    return len(keys) == 2 and all(
        len(key) <= _LONGEST_KEY and key.isascii() and key.isprintable() and " " not in key for key in keys
    )


def _cache() -> Iterator[checks.CheckMessage]:
    name = api_settings.CAPTCHA_CACHE
    try:
        cache = answers.cache()
    except Exception as error:
        yield checks.Error(
            f"CAPTCHA_CACHE of REST_CAPTCHA names the cache {name!r}, which does not work: {error}.",
            hint="Name one of CACHES.",
            id="rest_captcha.E004",
        )
        return
    if isinstance(cache, DummyCache):
        yield checks.Warning(
            f"The cache {name!r} keeps nothing, so that nobody can pass a challenge.",
            hint="Name a cache that keeps what it is given in CAPTCHA_CACHE of REST_CAPTCHA.",
            id="rest_captcha.W003",
        )
    if isinstance(cache, LocMemCache) and not django_settings.DEBUG:
        yield checks.Warning(
            f"The cache {name!r} is the local memory of one process: challenges that it issued are unknown "
            "to the others.",
            hint="Name a cache that all processes share in CAPTCHA_CACHE of REST_CAPTCHA.",
            id="rest_captcha.W004",
        )
    if isinstance(cache, DatabaseCache) and _is_rolled_back(cache):
        yield checks.Warning(
            f"The cache {name!r} is in a database with ATOMIC_REQUESTS: where a wrong answer rolls the "
            "request back, the challenge can be tried again.",
            hint="Name another cache in CAPTCHA_CACHE of REST_CAPTCHA, or route its table to a "
            "database without ATOMIC_REQUESTS.",
            id="rest_captcha.W005",
        )


def _is_rolled_back(cache: DatabaseCache) -> bool:
    alias = router.db_for_write(cache.cache_model_class)
    return bool(connections[alias].settings_dict["ATOMIC_REQUESTS"])
