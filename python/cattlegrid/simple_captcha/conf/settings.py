"""The app's settings, read from Django's at each use.

The module can be assigned to while the site runs: `settings.CAPTCHA_LENGTH = 6` holds until what Django has
is assigned again.
"""

from __future__ import annotations

import logging
import sys
import warnings
from collections.abc import Iterator
from functools import lru_cache
from types import ModuleType
from typing import Any, Callable

from django.conf import settings as django_settings
from django.core.exceptions import ImproperlyConfigured
from django.utils.module_loading import import_string

_HELPERS = "cattlegrid.simple_captcha.helpers."

_DEFAULTS: dict[str, Any] = {
    "CAPTCHA_FONT_PATH": None,
    "CAPTCHA_FONT_SIZE": 22,
    "CAPTCHA_LETTER_ROTATION": (-35, 35),
    "CAPTCHA_BACKGROUND_COLOR": "#ffffff",
    "CAPTCHA_FOREGROUND_COLOR": "#001100",
    "CAPTCHA_LETTER_COLOR_FUNCT": None,
    "CAPTCHA_CHALLENGE_FUNCT": _HELPERS + "random_char_challenge",
    "CAPTCHA_NOISE_FUNCTIONS": (_HELPERS + "noise_arcs", _HELPERS + "noise_dots"),
    "CAPTCHA_FILTER_FUNCTIONS": (_HELPERS + "post_smooth",),
    "CAPTCHA_WORDS_DICTIONARY": "/usr/share/dict/words",
    "CAPTCHA_PUNCTUATION": "_\"',.;:-",
    "CAPTCHA_FLITE_PATH": None,
    "CAPTCHA_SOX_PATH": None,
    "CAPTCHA_TIMEOUT": 5,
    "CAPTCHA_LENGTH": 4,
    "CAPTCHA_DICTIONARY_MIN_LENGTH": 0,
    "CAPTCHA_DICTIONARY_MAX_LENGTH": 99,
    "CAPTCHA_IMAGE_SIZE": None,
    "CAPTCHA_MATH_CHALLENGE_OPERATOR": "*",
    "CAPTCHA_GET_FROM_POOL": False,
    "CAPTCHA_GET_FROM_POOL_TIMEOUT": 5,
    "CAPTCHA_TEST_MODE": False,
    "CAPTCHA_2X_IMAGE": True,
    "CAPTCHA_ANIMATED": False,
    "CAPTCHA_STYLE": "classic",
}


def is_set(name: str) -> bool:
    """Whether the site has chosen a value of its own."""
    return name in globals() or hasattr(django_settings, name)


def get_challenge(generator: Any = None) -> Callable[[], tuple[str, str]]:
    """The function that makes challenges: the generator, or that of the settings."""
    function = _callable_from_string(generator or _settings.CAPTCHA_CHALLENGE_FUNCT)
    if function is None:
        raise ImproperlyConfigured("CAPTCHA_CHALLENGE_FUNCT is to be a function, or its dotted path.")
    return function


def noise_functions() -> Iterator[Callable[..., Any]]:
    """The functions that draw over the letters."""
    return map(_function, _settings.CAPTCHA_NOISE_FUNCTIONS or ())


def filter_functions() -> Iterator[Callable[..., Any]]:
    """The functions that the finished picture goes through."""
    return map(_function, _settings.CAPTCHA_FILTER_FUNCTIONS or ())


def get_letter_color(index: int, challenge: str) -> Any:
    """The colour of a letter of the challenge."""
    if _settings.CAPTCHA_LETTER_COLOR_FUNCT:
        return _function(_settings.CAPTCHA_LETTER_COLOR_FUNCT)(index, challenge)
    return _settings.CAPTCHA_FOREGROUND_COLOR


def _callable_from_string(string_or_callable: Any) -> Callable[..., Any] | None:
    if callable(string_or_callable):
        return string_or_callable  # type: ignore[no-any-return]
    if isinstance(string_or_callable, str):
        return import_string(_ours(string_or_callable))  # type: ignore[no-any-return]
    return None


def _function(string_or_callable: Any) -> Callable[..., Any]:
    function = _callable_from_string(string_or_callable)
    if function is None:
        raise ImproperlyConfigured(
            f"{string_or_callable!r} is neither a function nor the dotted path of one."
        )
    return function


@lru_cache(maxsize=256)
def _ours(path: str) -> str:
    """The path of this app's helper where the settings still name that of django-simple-captcha."""
    from cattlegrid.simple_captcha import helpers

    module, _, name = path.rpartition(".")
    return _HELPERS + name if module == "captcha.helpers" and hasattr(helpers, name) else path


def _warn_if_test_mode_enabled(test_mode: bool | None = None, debug: bool | None = None) -> None:
    if test_mode is None:
        test_mode = _settings.CAPTCHA_TEST_MODE
    if debug is None:
        debug = django_settings.DEBUG
    if test_mode and not debug:
        message = (
            "CAPTCHA_TEST_MODE is on although DEBUG is off: whoever answers 'passed' passes every CAPTCHA. "
            "Set it in the settings of tests alone."
        )
        logging.getLogger(__name__).error(message)
        warnings.warn(message, RuntimeWarning, stacklevel=2)


def _from_django(name: str) -> Any:
    return getattr(django_settings, name, _DEFAULTS[name])


def _word_lengths() -> list[int]:
    return sorted(
        (_from_django("CAPTCHA_DICTIONARY_MIN_LENGTH"), _from_django("CAPTCHA_DICTIONARY_MAX_LENGTH"))
    )


def _has_avif() -> bool:
    try:
        from PIL.features import check
    except ImportError:
        return False
    return bool(check("avif"))


_COMPUTED: dict[str, Callable[[], Any]] = {
    "CAPTCHA_LENGTH": lambda: int(_from_django("CAPTCHA_LENGTH")),
    "CAPTCHA_DICTIONARY_MIN_LENGTH": lambda: _word_lengths()[0],
    "CAPTCHA_DICTIONARY_MAX_LENGTH": lambda: _word_lengths()[1],
    "CAPTCHA_ANIMATED_USE_AVIF": lambda: bool(_settings.CAPTCHA_ANIMATED) and _has_avif(),
}


def __getattr__(name: str) -> Any:
    if name in _COMPUTED:
        return _COMPUTED[name]()
    if name in _DEFAULTS:
        return _from_django(name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


class _Settings(ModuleType):
    def __setattr__(self, name: str, value: Any) -> None:
        super().__setattr__(name, value)
        if _is_setting(name) and __getattr__(name) == value:
            super().__delattr__(name)

    def __delattr__(self, name: str) -> None:
        # Why: what was assigned back is gone already when a test's patch comes to delete it.
        if name in self.__dict__ or not _is_setting(name):
            super().__delattr__(name)


def _is_setting(name: str) -> bool:
    return name in _DEFAULTS or name in _COMPUTED


_settings: Any = sys.modules[__name__]
_settings.__class__ = _Settings
