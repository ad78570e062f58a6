"""Which visitor's address the app and the provider are told."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs

import pytest
from flask import Flask
from werkzeug.middleware.proxy_fix import ProxyFix

from cattlegrid.flask import client_address, rate_limit


class Provider(ThreadingHTTPServer):
    """A provider with whom everybody passes."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Siteverify)
        self.told: list[str | None] = []


class Siteverify(BaseHTTPRequestHandler):
    """Answers its one route."""

    server: Provider

    def do_POST(self) -> None:
        asked = parse_qs(self.rfile.read(int(self.headers["Content-Length"])).decode())
        self.server.told.append(asked.get("remoteip", [None])[0])
        body = json.dumps({"success": True, "hostname": "localhost", "error-codes": []}).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Says nothing."""


@pytest.fixture
def provider() -> Iterator[Provider]:
    """Runs while the test does."""
    with Provider() as provider:
        threading.Thread(target=provider.serve_forever, daemon=True).start()
        yield provider
        provider.shutdown()


@pytest.fixture
def make(
    make_app: Callable[..., Flask], settings: dict[str, Any], provider: Provider
) -> Callable[..., Flask]:
    """An app whose provider is that one."""
    remote = {
        "PROVIDER": "cattlegrid",
        "URL": f"http://127.0.0.1:{provider.server_port}",
        "SITE_KEY": "k" * 40,
        "SECRET_KEY": "s" * 40,
        "STORE": settings["STORE"],
    }
    return lambda *proxies: make_app({**remote, "TRUSTED_PROXIES": list(proxies)})


def told(provider: Provider, app: Flask, socket: str, forwarded: str | None) -> str | None:
    headers = {} if forwarded is None else {"X-Forwarded-For": forwarded}
    token = f"token-{len(provider.told)}"
    response = app.test_client().post(
        "/", data={"cattlegrid-response": token}, headers=headers, environ_base={"REMOTE_ADDR": socket}
    )
    assert response.status_code == 200
    return provider.told[-1]


def test_a_forged_header_changes_nothing(make: Callable[..., Flask], provider: Provider) -> None:
    app = make()
    assert told(provider, app, "198.51.100.7", None) == "198.51.100.7"
    assert told(provider, app, "198.51.100.7", "203.0.113.1") == "198.51.100.7"
    assert told(provider, app, "2001:db8::7", "203.0.113.1, 127.0.0.1") == "2001:db8::7"


def test_trusted_proxies_say_who_came(make: Callable[..., Flask], provider: Provider) -> None:
    app = make("127.0.0.1", "10.0.0.0/8", "fd00::/8")
    assert told(provider, app, "127.0.0.1", "198.51.100.7") == "198.51.100.7"
    assert told(provider, app, "127.0.0.1", "203.0.113.1, 198.51.100.7, 10.1.2.3") == "198.51.100.7"
    assert told(provider, app, "fd00::1", "2001:db8::7") == "2001:db8::7"
    assert told(provider, app, "192.0.2.9", "198.51.100.7") == "192.0.2.9"


def test_proxy_fix_is_taken_at_its_word(make: Callable[..., Flask], provider: Provider) -> None:
    app = make()
    app.wsgi_app = ProxyFix(app.wsgi_app, x_for=1)  # type: ignore[method-assign]
    assert told(provider, app, "127.0.0.1", "203.0.113.1, 198.51.100.7") == "198.51.100.7"


def told_app(app: Flask, socket: str | None, *headers: tuple[str, str]) -> str | None:
    environ = {} if socket is None else {"REMOTE_ADDR": socket}
    with app.test_request_context(headers=list(headers), environ_base=environ):
        return client_address()


def test_the_app_is_told_the_same(make_app: Callable[..., Flask], settings: dict[str, Any]) -> None:
    forged, appended = ("X-Forwarded-For", "203.0.113.1"), ("X-Forwarded-For", "198.51.100.7, 10.0.0.2")
    proxied = make_app({**settings, "TRUSTED_PROXIES": ["10.0.0.0/8", "unix"]})
    for socket in ("10.0.0.1", "", None):
        assert told_app(proxied, socket, forged, appended) == "198.51.100.7"
    assert told_app(proxied, "192.0.2.9", forged, appended) == "192.0.2.9"
    assert told_app(proxied, "10.0.0.1") == "10.0.0.1"
    assert told_app(proxied, None) is None
    assert told_app(make_app(settings), None, forged) is None


def test_proxies_may_write_forwarded(make_app: Callable[..., Flask], settings: dict[str, Any]) -> None:
    app = make_app({**settings, "TRUSTED_PROXIES": ["10.0.0.0/8"], "FORWARDING_HEADER": "forwarded"})
    said = ("Forwarded", 'for=203.0.113.1, for="[2001:db8::7]:4711"'), ("Forwarded", "for=10.0.0.2")
    assert told_app(app, "10.0.0.1", *said, ("X-Forwarded-For", "203.0.113.1")) == "2001:db8::7"


def test_limits_count_whoever_is_behind_the_proxy(
    make_app: Callable[..., Flask], settings: dict[str, Any]
) -> None:
    app = make_app({**settings, "TRUSTED_PROXIES": ["127.0.0.1"]})
    app.add_url_rule("/once", "once", rate_limit("once", "1/1h")(lambda: "ran"), methods=["POST"])
    statuses = [
        app.test_client()
        .post("/once", headers={"X-Forwarded-For": f"203.0.113.{last}, {client}"})
        .status_code
        for last, client in enumerate(["198.51.100.7", "198.51.100.8", "198.51.100.7"])
    ]
    assert statuses == [200, 200, 429]
