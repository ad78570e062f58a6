"""A site in Django, a provider that says what it is told to, and somebody who solves challenges."""

from __future__ import annotations

import json
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, Callable
from urllib.parse import parse_qs

import pytest

sys.path.insert(0, str(Path(__file__).parent))

import website
from django.core.management import call_command
from django.db import connection
from django.test import Client, override_settings

from cattlegrid import generate_secret

Settings = dict[str, Any]

SECRET = "a-secret-of-the-provider"


class Provider:
    """A siteverify on this machine."""

    def __init__(self) -> None:
        self.asked: list[dict[str, str]] = []
        """The forms that came, in order."""
        self.verification: dict[str, Any] = {"success": True, "hostname": "example.org", "error-codes": []}
        """What it says, if `reply` is none."""
        self.reply: tuple[int, dict[str, str], bytes] | None = None
        """Status, headers and body."""
        self.delay = threading.Event()
        """Replies wait for it."""
        self.delay.set()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,))
        self._thread.start()

    @property
    def url(self) -> str:
        """Where it is."""
        return f"http://127.0.0.1:{self._server.server_port}/siteverify"

    def stop(self) -> None:
        """From now on nobody is there."""
        if self._thread.is_alive():
            self.delay.set()
            self._server.shutdown()
            self._thread.join()
            self._server.server_close()

    def _handler(provider) -> type[BaseHTTPRequestHandler]:  # noqa: N805
        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"])).decode()
                provider.asked.append({name: values[0] for name, values in parse_qs(body).items()})
                provider.delay.wait()
                verification = json.dumps(provider.verification).encode()
                status, headers, body_out = provider.reply or (
                    200,
                    {"Content-Type": "application/json"},
                    verification,
                )
                self.send_response(status)
                for name, value in {**headers, "Content-Length": str(len(body_out))}.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(body_out)

            def log_message(self, *_: object) -> None:
                pass

        return Handler


@pytest.fixture(scope="session", autouse=True)
def tables(tmp_path_factory: pytest.TempPathFactory) -> None:
    """The site's database, with its tables."""
    connection.settings_dict["NAME"] = str(tmp_path_factory.mktemp("site") / "site.sqlite3")
    call_command("migrate", verbosity=0)


@pytest.fixture(autouse=True)
def _no_view_has_run() -> None:
    website.RAN.clear()


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
        "VERIFY_URL": provider.url,
        "TIMEOUT": 20,
    }


@pytest.fixture
def gate(tmp_path: Path) -> Settings:
    """Settings with an engine in the process."""
    return {
        "PROVIDER": "gate",
        "SECRET_KEY": generate_secret(),
        "STORE": f"sqlite:{tmp_path}/spent.sqlite3",
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
