"""Settings are read at each use, and the module that has them can be assigned to."""

from __future__ import annotations

import logging
import sys
from types import ModuleType
from unittest.mock import patch

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.test import override_settings

import cattlegrid.simple_captcha as app
from cattlegrid.simple_captcha import helpers
from cattlegrid.simple_captcha.conf import settings
from cattlegrid.simple_captcha.models import CaptchaStore


def test_the_defaults_are_those_that_sites_know() -> None:
    assert settings.CAPTCHA_FONT_SIZE == 22
    assert settings.CAPTCHA_LETTER_ROTATION == (-35, 35)
    assert settings.CAPTCHA_BACKGROUND_COLOR == "#ffffff"
    assert settings.CAPTCHA_FOREGROUND_COLOR == "#001100"
    assert settings.CAPTCHA_PUNCTUATION == "_\"',.;:-"
    assert settings.CAPTCHA_WORDS_DICTIONARY == "/usr/share/dict/words"
    assert (settings.CAPTCHA_TIMEOUT, settings.CAPTCHA_LENGTH) == (5, 4)
    assert (settings.CAPTCHA_DICTIONARY_MIN_LENGTH, settings.CAPTCHA_DICTIONARY_MAX_LENGTH) == (0, 99)
    assert settings.CAPTCHA_MATH_CHALLENGE_OPERATOR == "*"
    assert (settings.CAPTCHA_GET_FROM_POOL, settings.CAPTCHA_GET_FROM_POOL_TIMEOUT) == (False, 5)
    assert (settings.CAPTCHA_2X_IMAGE, settings.CAPTCHA_ANIMATED, settings.CAPTCHA_TEST_MODE) == (
        True,
        False,
        False,
    )
    assert settings.CAPTCHA_ANIMATED_USE_AVIF is False
    assert settings.CAPTCHA_STYLE == "classic"
    for name in ("FONT_PATH", "LETTER_COLOR_FUNCT", "FLITE_PATH", "SOX_PATH", "IMAGE_SIZE"):
        assert getattr(settings, f"CAPTCHA_{name}") is None


def test_they_are_read_at_each_use() -> None:
    with override_settings(CAPTCHA_LENGTH="7"):
        assert settings.CAPTCHA_LENGTH == 7
        assert len(helpers.random_char_challenge()[0]) == 7
    assert len(helpers.random_char_challenge()[0]) == 4


def test_an_assignment_holds_until_the_sites_value_is_assigned_again() -> None:
    before = settings.CAPTCHA_LENGTH
    settings.CAPTCHA_LENGTH = 9
    with override_settings(CAPTCHA_LENGTH=5):
        assert settings.CAPTCHA_LENGTH == 9
    settings.CAPTCHA_LENGTH = before
    with override_settings(CAPTCHA_LENGTH=5):
        assert settings.CAPTCHA_LENGTH == 5


@pytest.mark.parametrize("value", [4, 6])
def test_it_can_be_patched(value: int) -> None:
    with patch.object(settings, "CAPTCHA_LENGTH", value):
        assert value == settings.CAPTCHA_LENGTH
    assert settings.CAPTCHA_LENGTH == 4


def test_what_is_no_setting_is_no_attribute() -> None:
    with pytest.raises(AttributeError, match="CAPTCHA_LENTGH"):
        _ = settings.CAPTCHA_LENTGH


def test_lengths_in_the_wrong_order_are_put_right() -> None:
    with override_settings(CAPTCHA_DICTIONARY_MIN_LENGTH=8, CAPTCHA_DICTIONARY_MAX_LENGTH=5):
        assert (settings.CAPTCHA_DICTIONARY_MIN_LENGTH, settings.CAPTCHA_DICTIONARY_MAX_LENGTH) == (5, 8)


@pytest.mark.parametrize("name", ["noise_arcs", "noise_dots", "noise_null"])
def test_settings_may_go_on_to_name_helpers_of_captcha(name: str) -> None:
    with override_settings(
        CAPTCHA_CHALLENGE_FUNCT="captcha.helpers.math_challenge",
        CAPTCHA_FILTER_FUNCTIONS=["captcha.helpers.post_smooth"],
        CAPTCHA_LETTER_COLOR_FUNCT="captcha.helpers.random_letter_color_challenge",
        CAPTCHA_NOISE_FUNCTIONS=[f"captcha.helpers.{name}"],
    ):
        assert settings.get_challenge() is helpers.math_challenge
        assert list(settings.noise_functions()) == [getattr(helpers, name)]
        assert list(settings.filter_functions()) == [helpers.post_smooth]
        assert settings.get_letter_color(0, "A").startswith("#")


def test_a_sites_own_module_named_captcha_is_still_the_sites(monkeypatch: pytest.MonkeyPatch) -> None:
    own = ModuleType("captcha.helpers")
    own.our_challenge = lambda: ("1", "1")  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "captcha", ModuleType("captcha"))
    monkeypatch.setitem(sys.modules, "captcha.helpers", own)
    with override_settings(CAPTCHA_CHALLENGE_FUNCT="captcha.helpers.our_challenge"):
        assert settings.get_challenge()() == ("1", "1")


def test_nothing_is_no_function() -> None:
    for nothing in (None, (), []):
        with override_settings(CAPTCHA_NOISE_FUNCTIONS=nothing, CAPTCHA_FILTER_FUNCTIONS=nothing):
            assert list(settings.noise_functions()) == list(settings.filter_functions()) == []
    with override_settings(CAPTCHA_CHALLENGE_FUNCT=None), pytest.raises(ImproperlyConfigured):
        CaptchaStore.generate_key()


@pytest.mark.parametrize(
    ("test_mode", "debug", "warned"), [(True, False, True), (True, True, False), (False, False, False)]
)
def test_the_test_mode_of_a_live_site_is_warned_of(
    test_mode: bool,
    debug: bool,
    warned: bool,
    caplog: pytest.LogCaptureFixture,
    recwarn: pytest.WarningsRecorder,
) -> None:
    with override_settings(CAPTCHA_TEST_MODE=test_mode, DEBUG=debug), caplog.at_level(logging.ERROR):
        try:
            settings._warn_if_test_mode_enabled()
        except RuntimeWarning:
            assert warned
        else:
            assert any(issubclass(warning.category, RuntimeWarning) for warning in recwarn) == warned
    assert bool(caplog.records) == warned


def test_the_version_is_that_of_the_interface() -> None:
    assert (app.VERSION, app.get_version()) == ((0, 7, 0), "0.7.0")


def test_letter_colours_default_to_the_foreground() -> None:
    with override_settings(CAPTCHA_FOREGROUND_COLOR="red"):
        assert settings.get_letter_color(3, "ABCD") == "red"
