"""What `manage.py check` says."""

from __future__ import annotations

from typing import Any

import pytest
from django.core.checks import run_checks
from django.test import override_settings

BACKENDS = "django.core.cache.backends"


def found(*, deploy: bool = False) -> set[str]:
    """The ids of all that the checks of this application object to."""
    checked = run_checks(include_deployment_checks=deploy)
    return {message.id for message in checked if str(message.id).startswith("rest_captcha.")}


@pytest.fixture(autouse=True)
def good_cache() -> Any:
    """A cache that nothing is wrong with."""
    good = {"BACKEND": f"{BACKENDS}.redis.RedisCache", "LOCATION": "redis://127.0.0.1:9"}
    with override_settings(CACHES={"default": good}):
        yield


def test_the_defaults_are_good() -> None:
    assert found() == set()


@pytest.mark.parametrize(
    ("settings", "expected"),
    [
        ({"CAPTCHA_TIMEOUT": 0}, "rest_captcha.E001"),
        ({"CAPTCHA_TIMEOUT": "5 minutes"}, "rest_captcha.E001"),
        ({"CAPTCHA_CACHE_KEY": "captcha"}, "rest_captcha.E002"),
        ({"CAPTCHA_CACHE_KEY": "{key}{unknown}"}, "rest_captcha.E002"),
        ({"CAPTCHA_CACHE_KEY": "a captcha {key}"}, "rest_captcha.E002"),
        ({"CAPTCHA_CACHE_KEY": "x" * 200 + "{key}"}, "rest_captcha.E002"),
        ({"CAPTCHA_CACHE_KEY": None}, "rest_captcha.E002"),
        ({"CAPTCHA_STYLE": "pretty"}, "rest_captcha.E003"),
        ({"CAPTCHA_FONT_PATH": "/no/such/font.ttf"}, "rest_captcha.E003"),
        ({"FILTER_FUNCTION": "no.such.function"}, "rest_captcha.E003"),
        ({"NOISE_FUNCTION": "builtins.len"}, "rest_captcha.E003"),
        ({"FILTER_FUNCTION": None}, "rest_captcha.E003"),
        ({"CAPTCHA_CACHE": "none"}, "rest_captcha.E004"),
        ({"CAPTCHA_LENGTH": 0}, "rest_captcha.E005"),
        ({"CAPTCHA_LENGTH": "4"}, "rest_captcha.E005"),
        ({"MASTER_CAPTCHA": {"key": "VALUE"}}, "rest_captcha.W001"),
        ({"CAPTCHA_LENGTH": 9}, "rest_captcha.W002"),
        ({"CAPTCHA_LENTGH": 4}, "rest_captcha.W007"),
    ],
)
def test_what_cannot_work_is_found(settings: dict[str, Any], expected: str) -> None:
    with override_settings(REST_CAPTCHA=settings):
        assert found() == {expected}


@pytest.mark.parametrize(
    "setting", [{"CAPTCHA_TIMEOUT": None}, {"CAPTCHA_TIMEOUT": 1.5}, {"CAPTCHA_LENGTH": 8}]
)
def test_what_works_is_not_objected_to(setting: dict[str, Any]) -> None:
    with override_settings(REST_CAPTCHA=setting):
        assert found() == set()


@pytest.mark.parametrize(
    ("backend", "expected"),
    [
        ("dummy.DummyCache", {"rest_captcha.W003"}),
        ("locmem.LocMemCache", {"rest_captcha.W004"}),
        ("filebased.FileBasedCache", set()),
    ],
)
def test_caches_that_forget_or_are_not_shared_are_found(
    backend: str, expected: set[str], tmp_path: Any
) -> None:
    cache = {"BACKEND": f"{BACKENDS}.{backend}", "LOCATION": str(tmp_path)}
    with override_settings(CACHES={"default": cache}):
        assert found() == expected


def test_what_is_for_development_may_be_there_while_developing() -> None:
    cache = {"BACKEND": f"{BACKENDS}.locmem.LocMemCache"}
    master = {"MASTER_CAPTCHA": {"key": "VALUE"}}
    with override_settings(DEBUG=True, CACHES={"default": cache}, REST_CAPTCHA=master):
        assert found() == set()


@pytest.mark.parametrize("atomic", [True, False])
def test_a_cache_whose_writes_are_rolled_back_is_found(atomic: bool, monkeypatch: Any) -> None:
    from django.db import connections

    cache = {"BACKEND": f"{BACKENDS}.db.DatabaseCache", "LOCATION": "captchas"}
    monkeypatch.setitem(connections["default"].settings_dict, "ATOMIC_REQUESTS", atomic)
    with override_settings(CACHES={"default": cache}):
        assert ("rest_captcha.W005" in found()) is atomic


def test_a_deployment_behind_who_knows_how_many_proxies_is_found() -> None:
    assert "rest_captcha.W006" in found(deploy=True)
    with override_settings(REST_FRAMEWORK={"NUM_PROXIES": 1}):
        assert "rest_captcha.W006" not in found(deploy=True)
