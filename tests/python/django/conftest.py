"""A site in Django, a provider that says what it is told to, and somebody who solves challenges."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Callable

import pytest

sys.path.append(str(Path(__file__).parent))

import django
from django.conf import settings
from django.core.management import call_command
from django.db import connections
from django.test import Client, override_settings
from website_settings import SETTINGS
from website_support import SECRET, Provider, Settings

from cattlegrid import generate_secret

if not settings.configured:
    settings.configure(SECRET_KEY="a secret of the tests", USE_TZ=True)
    django.setup()

# Why: a model can only be imported where its app is installed.
with override_settings(**SETTINGS):
    import layered  # noqa: F401
    import website


@pytest.fixture(scope="session")
def database(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The path of an SQLite file with the site's tables."""
    path = str(tmp_path_factory.mktemp("website") / "site.sqlite3")
    with override_settings(**SETTINGS), on_database(path):
        call_command("migrate", verbosity=0)
    return path


@contextmanager
def on_database(path: str) -> Iterator[None]:
    """Has Django use an SQLite file."""
    entry = connections.configure_settings(
        {"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": path}}
    )
    before = use(entry["default"])
    try:
        yield
    finally:
        use(before)


def use(entry: dict[str, Any]) -> dict[str, Any]:
    """Changes Django's database, and says what it was."""
    before: dict[str, Any] = connections.settings["default"]
    connections["default"].close()
    connections.settings["default"] = entry
    del connections["default"]
    return before


@pytest.fixture(autouse=True)
def _website(database: str) -> Iterator[None]:
    website.RAN.clear()
    with override_settings(**SETTINGS), on_database(database):
        yield


@pytest.fixture
def provider() -> Iterator[Provider]:
    """One that lets everybody pass until a test says otherwise."""
    provider = Provider()
    yield provider
    provider.stop()


@pytest.fixture
def turnstile(provider: Provider, tmp_path: Path) -> Settings:
    """Settings that ask the provider of the tests."""
    return {
        "PROVIDER": "turnstile",
        "SITE_KEY": "site",
        "SECRET_KEY": SECRET,
        "STORE": f"sqlite:{tmp_path}/spent.sqlite3",
        "SITE_NAME": "The <Club>",
        "VERIFY_URL": provider.url,
        "TIMEOUT": 20,
        "SEAL_KEY": generate_secret(),
    }


@pytest.fixture
def gate(tmp_path: Path) -> Settings:
    """Settings with an engine in the process."""
    return {
        "PROVIDER": "gate",
        "SECRET_KEY": generate_secret(),
        "STORE": f"sqlite:{tmp_path}/spent.sqlite3",
        "SITE_NAME": "The <Club>",
    }


@pytest.fixture
def site(turnstile: Settings) -> Iterator[Settings]:
    """A site with these settings."""
    with override_settings(CATTLEGRID=turnstile):
        yield turnstile


@pytest.fixture
def gate_site(gate: Settings) -> Iterator[Settings]:
    """A site with its own engine."""
    with override_settings(CATTLEGRID=gate):
        yield gate


@pytest.fixture
def layered_site(turnstile: Settings) -> Iterator[Settings]:
    """The site with stamps and limits."""
    with override_settings(CATTLEGRID=turnstile, ROOT_URLCONF="layered"):
        yield turnstile


@pytest.fixture
def solve(answer_of: Callable[[str, str], str]) -> Callable[..., str]:
    """A response token, earned by somebody who knows the secret."""

    def solve(settings: Settings, action: str | None = None) -> str:
        from cattlegrid.django.conf import captcha

        client = Client()
        wanted = {"sitekey": captcha().site_key, "action": action}
        asked = client.post("/captcha/api/v1/challenges", wanted, content_type="application/json").json()
        given = {"answer": answer_of(asked["key"], settings["SECRET_KEY"])}
        url = f"/captcha/api/v1/challenges/{asked['key']}/answer"
        judged = client.post(url, given, content_type="application/json").json()
        return str(judged["token"])

    return solve
