"""The site's `CATTLEGRID` setting, read at its first use and again when a test overrides it."""

from __future__ import annotations

from django.conf import settings
from django.core.signals import setting_changed
from django.dispatch import receiver

from cattlegrid._site.check import Captcha
from cattlegrid._site.once import Once
from cattlegrid._site.settings import Settings
from cattlegrid._site.site import Site


def _read() -> Site:
    return Site(Settings.parse(getattr(settings, "CATTLEGRID", None)))


_site = Once(_read)


def site() -> Site:
    """This site's captcha and the layers around it. Raises `ConfigurationError`."""
    return _site.get()


def captcha() -> Captcha:
    """What checks this site's response tokens. Raises `ConfigurationError`."""
    return site().captcha


@receiver(setting_changed)
def _forget(*, setting: str, **_: object) -> None:
    global _site
    if setting == "CATTLEGRID":
        _site = Once(_read)
