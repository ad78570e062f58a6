"""A site with the app, on each of the databases that it runs on."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Callable

import django
import pytest
from django.conf import settings
from django.core.management import call_command
from django.db import connections
from django.test import Client, override_settings

sys.path.append(str(Path(__file__).parent))

from databases import database

APPS = ["django.contrib.contenttypes", "django.contrib.auth", "rest_framework", "cattlegrid.simple_captcha"]

if not settings.configured:
    settings.configure(SECRET_KEY="a secret of the tests", USE_TZ=True)
    django.setup()

# Why: a model can only be imported where its app is installed, and tests import it at their top.
with override_settings(INSTALLED_APPS=APPS):
    from cattlegrid.simple_captcha import answers, lookup
    from cattlegrid.simple_captcha.conf import settings as captcha_settings
    from cattlegrid.simple_captcha.models import CaptchaStore


@contextmanager
def on_database(entry: dict[str, Any]) -> Iterator[None]:
    """Has the site use another database, with this app's tables in it."""
    before = connections.settings["default"]
    _use(connections.configure_settings({"default": entry})["default"])
    call_command("migrate", "captcha", verbosity=0)
    try:
        yield
    finally:
        _use(before)


def _use(entry: dict[str, Any]) -> None:
    connections["default"].close()
    connections.settings["default"] = entry
    del connections["default"]
    lookup._select.cache_clear()
    lookup._select_locking.cache_clear()


@pytest.fixture(scope="session")
def sqlite_url(tmp_path_factory: pytest.TempPathFactory) -> str:
    """Such as `sqlite:/tmp/…/site.sqlite3`."""
    return f"sqlite:{tmp_path_factory.mktemp('captcha')}/site.sqlite3"


@pytest.fixture(autouse=True)
def site(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The site, empty, on SQLite, or on what a test with `DATABASES` runs on."""
    monkeypatch.setattr(answers, "_sweep", answers._Sweep())
    url = request.getfixturevalue(getattr(request, "param", "sqlite_url"))
    with (
        override_settings(
            ALLOWED_HOSTS=["*"],
            DEBUG=False,
            FORM_RENDERER="django.forms.renderers.DjangoTemplates",
            INSTALLED_APPS=APPS,
            LANGUAGE_CODE="en",
            MIDDLEWARE=[],
            REST_FRAMEWORK={"UNAUTHENTICATED_USER": None},
            ROOT_URLCONF="captcha_site",
            SECRET_KEY="a secret of the tests",
            USE_TZ=True,
        ),
        on_database(database(url)),
    ):
        yield
        CaptchaStore.objects.all().delete()
        for name in [name for name in vars(captcha_settings) if captcha_settings._is_setting(name)]:
            delattr(captcha_settings, name)


@pytest.fixture
def client() -> Client:
    """A visitor's program."""
    return Client()


@pytest.fixture
def captcha() -> CaptchaStore:
    """A captcha that waits for its answer."""
    return CaptchaStore.objects.get(hashkey=CaptchaStore.generate_key())


@pytest.fixture
def picture(client: Client) -> Callable[..., bytes]:
    """The picture of a captcha, at a scale."""

    def picture(captcha: CaptchaStore, scale: int = 1) -> bytes:
        response = client.get(f"/captcha/image/{captcha.hashkey}{'@2' if scale == 2 else ''}/")
        assert response.status_code == 200, response.content
        return response.content

    return picture
