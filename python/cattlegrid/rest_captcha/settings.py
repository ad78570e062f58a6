"""The settings in `REST_CAPTCHA`."""

from __future__ import annotations

from typing import Any

from django.conf import settings as django_settings
from django.utils.module_loading import import_string

DEFAULTS: dict[str, Any] = {
    "CAPTCHA_CACHE": "default",
    "CAPTCHA_TIMEOUT": 300,
    "CAPTCHA_CACHE_KEY": "rest_captcha_{key}.{version}",
    "CAPTCHA_SEAL": False,
    "CAPTCHA_KEY": "captcha_key",
    "CAPTCHA_IMAGE": "captcha_image",
    "CAPTCHA_LENGTH": 4,
    "CAPTCHA_STYLE": "classic",
    "CAPTCHA_FONT_PATH": None,
    "CAPTCHA_FONT_SIZE": 22,
    "CAPTCHA_IMAGE_SIZE": (90, 40),
    "CAPTCHA_LETTER_ROTATION": (-35, 35),
    "CAPTCHA_FOREGROUND_COLOR": "#001100",
    "CAPTCHA_BACKGROUND_COLOR": "#ffffff",
    "FILTER_FUNCTION": "cattlegrid.rest_captcha.captcha.filter_default",
    "NOISE_FUNCTION": "cattlegrid.rest_captcha.captcha.noise_default",
    "MASTER_CAPTCHA": {},
}

_FUNCTIONS = ("FILTER_FUNCTION", "NOISE_FUNCTION")
# Why: sites spell out the defaults of the package that this one replaces.
_FORMER = {
    "rest_captcha.captcha.filter_default": DEFAULTS["FILTER_FUNCTION"],
    "rest_captcha.captcha.noise_default": DEFAULTS["NOISE_FUNCTION"],
}


class Settings:
    """`REST_CAPTCHA`, read at each look, with defaults for what it does not name.

    What is assigned to an attribute stands instead until `reload()`.
    """

    def __getattr__(self, name: str) -> Any:
        if name not in DEFAULTS:
            raise AttributeError(f"REST_CAPTCHA has no setting {name!r}")
        configured = getattr(django_settings, "REST_CAPTCHA", None) or {}
        value = configured.get(name, DEFAULTS[name])
        if name in _FUNCTIONS and isinstance(value, str):
            return import_string(_FORMER.get(value, value))
        return value

    def reload(self) -> None:
        """Forgets what was assigned."""
        self.__dict__.clear()


api_settings = Settings()
