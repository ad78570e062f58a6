"""The site's `CATTLEGRID` setting, read at its first use and again when a test overrides it."""

from __future__ import annotations

import threading
from functools import lru_cache

from django.conf import settings
from django.core.signals import setting_changed
from django.dispatch import receiver

from cattlegrid._site.check import Captcha
from cattlegrid._site.settings import Settings
from cattlegrid._site.site import Site

_lock = threading.Lock()


def site() -> Site:
    """This site's captcha and the layers around it. Raises `ConfigurationError`."""
    # Why: two threads of a new process would make two of them, each with connections of its own.
    with _lock:
        return _site()


def captcha() -> Captcha:
    """What checks this site's response tokens. Raises `ConfigurationError`."""
    return site().captcha


@lru_cache(maxsize=1)
def _site() -> Site:
    return Site(Settings.parse(getattr(settings, "CATTLEGRID", None)))


@receiver(setting_changed)
def _forget(*, setting: str, **_: object) -> None:
    if setting == "CATTLEGRID":
        _site.cache_clear()
