"""The answers of challenges: kept in the cache, each until somebody takes it."""

from __future__ import annotations

import logging
import re
import unicodedata
from typing import Any

from django.conf import settings as django_settings
from django.core.cache import BaseCache, caches
from django.utils.crypto import constant_time_compare, salted_hmac
from django.utils.translation import gettext_lazy as _
from rest_framework.exceptions import APIException
from rest_framework.status import HTTP_503_SERVICE_UNAVAILABLE

from cattlegrid.rest_captcha import utils
from cattlegrid.rest_captcha.settings import api_settings

_log = logging.getLogger(__name__)

# Why: of anything else some caches warn, and Memcached refuses it.
_KEY = re.compile(r"[!-~]{1,64}")


class Unavailable(APIException):
    """The cache does not work, so that there are no challenges. Status 503."""

    status_code = HTTP_503_SERVICE_UNAVAILABLE
    default_detail = _("No captcha can be made at the moment. Try again later.")
    default_code = "unavailable"


def cache() -> BaseCache:
    """The cache that `CAPTCHA_CACHE` names. Raises `InvalidCacheBackendError`."""
    return caches[api_settings.CAPTCHA_CACHE]


def keep(key: str, answer: str) -> None:
    """Keeps the answer of a new challenge for `CAPTCHA_TIMEOUT`. Raises `Unavailable`."""
    try:
        kept = cache().add(
            utils.get_cache_key(key), _sealed_or_plain(key, answer), api_settings.CAPTCHA_TIMEOUT
        )
    except Exception as error:
        raise unavailable(error) from error
    # Why: a cache that swallows its errors says no instead.
    if not kept:
        raise Unavailable


def take(key: str) -> str | None:
    """What was kept under the key, for the first who asks; None for all others, and when the cache fails."""
    if not _KEY.fullmatch(key):
        return None
    try:
        return _take(cache(), utils.get_cache_key(key))
    except Exception as error:
        unavailable(error)
        return None


def _take(cache: BaseCache, cache_key: str) -> str | None:
    kept = cache.get(cache_key)
    if not isinstance(kept, str):
        return None
    # Why both: `add` is not atomic on the file-based cache, and some clients of Memcached say that they
    # deleted what was not there. Whichever is atomic says yes to one request alone.
    first = cache.delete(cache_key) and cache.add(f"{cache_key}.spent", True, api_settings.CAPTCHA_TIMEOUT)
    return kept if first else None


def is_right(key: str, kept: str, given: str) -> bool:
    """Whether `given` is the answer that was kept as `kept`."""
    if api_settings.CAPTCHA_SEAL:
        secrets = [django_settings.SECRET_KEY, *django_settings.SECRET_KEY_FALLBACKS]
        return any(constant_time_compare(kept, _sealed(key, given, secret)) for secret in secrets)
    return is_same(kept, given)


def is_same(answer: str, given: str) -> bool:
    """Whether two texts are one answer, however they are written."""
    return constant_time_compare(_folded(answer), _folded(given))


def unavailable(error: Exception) -> Unavailable:
    """Logs that the cache failed; returns what says so to the visitor."""
    # Why no more than the type: messages of caches may hold keys.
    _log.error("The cache %r of REST_CAPTCHA failed: %s", api_settings.CAPTCHA_CACHE, type(error).__name__)
    return Unavailable()


def _sealed_or_plain(key: str, answer: str) -> str:
    return _sealed(key, answer, django_settings.SECRET_KEY) if api_settings.CAPTCHA_SEAL else answer


def _sealed(key: str, answer: str, secret: Any) -> str:
    """What tells a right answer from a wrong one with the secret, and nothing without it."""
    message = f"{key}\0".encode() + _folded(answer)
    return salted_hmac("cattlegrid.rest_captcha", message, secret=secret, algorithm="sha256").hexdigest()


def _folded(text: str) -> bytes:
    return unicodedata.normalize("NFKC", text).upper().encode("utf-8", "surrogatepass")
