"""A site with the endpoint, and visitors who know the answers."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager
from typing import Any, Callable

import django
import pytest
from django.conf import settings
from django.test import Client, override_settings

if not settings.configured:
    settings.configure(SECRET_KEY="a secret of the tests")
    django.setup()

Answer = Callable[[str, object], Any]


@pytest.fixture(autouse=True)
def site() -> Iterator[None]:
    """The least that a site needs, and nothing left of the test before."""
    # Why here: of the core's modules none can be imported before Django knows the applications.
    with override_settings(
        ALLOWED_HOSTS=["*"],
        CACHES={"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}},
        DEBUG=False,
        INSTALLED_APPS=[
            "django.contrib.contenttypes",
            "django.contrib.auth",
            "rest_framework",
            "cattlegrid.rest_captcha",
        ],
        MIDDLEWARE=[],
        REST_CAPTCHA={},
        REST_FRAMEWORK={},
        ROOT_URLCONF="cattlegrid.rest_captcha.urls",
    ):
        yield
        from django.core.cache import cache

        from cattlegrid.rest_captcha.settings import api_settings

        cache.clear()
        api_settings.reload()


@pytest.fixture
def configured() -> Callable[..., AbstractContextManager[None]]:
    """The site with these settings in `REST_CAPTCHA`."""
    return lambda **named: override_settings(REST_CAPTCHA=named)


@pytest.fixture
def client() -> Client:
    """A visitor's program, which gets to see what went wrong."""
    return Client(raise_request_exception=True)


@pytest.fixture
def issue(client: Client) -> Callable[[], str]:
    """The key of a new challenge."""

    def issue() -> str:
        response = client.post("/")
        assert response.status_code == 200
        return str(response.json()["captcha_key"])

    return issue


@pytest.fixture
def kept() -> Callable[[str], Any]:
    """What is in the cache for a key; without a seal it is the answer."""
    from django.core.cache import cache

    from cattlegrid.rest_captcha.utils import get_cache_key

    return lambda key: cache.get(get_cache_key(key))


@pytest.fixture
def serializer() -> Answer:
    """The serializer, given a key and an answer."""
    from cattlegrid.rest_captcha.serializers import RestCaptchaSerializer

    return lambda key, value: RestCaptchaSerializer(data={"captcha_key": key, "captcha_value": value})
