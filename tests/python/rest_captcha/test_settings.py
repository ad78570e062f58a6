"""REST_CAPTCHA."""

from __future__ import annotations

import pytest
from django.test import override_settings


def test_a_setting_is_read_at_each_look() -> None:
    from cattlegrid.rest_captcha.settings import api_settings

    assert api_settings.CAPTCHA_LENGTH == 4
    with override_settings(REST_CAPTCHA={"CAPTCHA_LENGTH": 6}):
        assert api_settings.CAPTCHA_LENGTH == 6
    assert api_settings.CAPTCHA_LENGTH == 4


def test_what_is_assigned_stands_until_it_is_forgotten() -> None:
    from cattlegrid.rest_captcha.settings import api_settings

    api_settings.CAPTCHA_LENGTH = 7
    with override_settings(REST_CAPTCHA={"CAPTCHA_LENGTH": 6}):
        assert api_settings.CAPTCHA_LENGTH == 7
        api_settings.reload()
        assert api_settings.CAPTCHA_LENGTH == 6


def test_a_setting_that_there_is_not_is_an_error() -> None:
    from cattlegrid.rest_captcha.settings import api_settings

    with pytest.raises(AttributeError, match="CAPTCHA_LENTGH"):
        api_settings.CAPTCHA_LENTGH  # noqa: B018


def test_the_former_names_of_the_functions_go_on_working() -> None:
    from cattlegrid.rest_captcha import captcha
    from cattlegrid.rest_captcha.settings import api_settings

    former = {
        "FILTER_FUNCTION": "rest_captcha.captcha.filter_default",
        "NOISE_FUNCTION": "rest_captcha.captcha.noise_default",
    }
    with override_settings(REST_CAPTCHA=former):
        assert api_settings.FILTER_FUNCTION is captcha.filter_default
        assert api_settings.NOISE_FUNCTION is captcha.noise_default


def test_the_key_of_the_cache_is_as_it_was() -> None:
    from cattlegrid.rest_captcha.utils import get_cache_key

    assert get_cache_key("abc") == "rest_captcha_abc.0"
    with override_settings(REST_CAPTCHA={"CAPTCHA_CACHE_KEY": "{version}/{key}"}):
        assert get_cache_key("abc") == "0/abc"
