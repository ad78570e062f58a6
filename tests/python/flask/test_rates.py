"""How often somebody may come, to a view and to the app, and what a response says of it."""

from __future__ import annotations

import logging
import socket
from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask, request
from flask.testing import FlaskClient
from flask.views import MethodView

from cattlegrid import ConfigurationError, generate_secret
from cattlegrid.flask import GuardError, RateLimited, rate_limit, require_captcha
from cattlegrid.testing import captcha_passes, layers_pass

BROWSER = {"Accept": "text/html"}


def from_(address: str) -> dict[str, dict[str, str]]:
    """Who sends a request."""
    return {"environ_base": {"REMOTE_ADDR": address}}


@pytest.fixture
def app(app: Flask) -> Flask:
    """A site with a view that each client gets to twice an hour."""

    @app.route("/twice", methods=["GET", "POST", "DELETE"])
    @rate_limit("twice", "2/1h")
    def twice() -> str:
        return "ran"

    return app


def test_who_comes_too_often_is_told_when_to_come_again(client: FlaskClient) -> None:
    assert client.get("/twice").text == "ran"
    first, second, third = (client.post("/twice") for _ in range(3))
    assert (first.text, second.text) == ("ran", "ran")
    assert first.headers["RateLimit"].startswith('"twice";r=1;')
    assert first.headers["RateLimit-Policy"] == '"twice";q=2;w=3600'
    assert (third.status_code, third.json) == (429, {"error-codes": ["rate-limited"]})
    assert third.headers.getlist("RateLimit")[0].startswith('"twice";r=0;')
    assert len(third.headers.getlist("RateLimit")) == 1
    assert 0 < int(third.headers["Retry-After"]) <= 1800
    assert third.headers["Cache-Control"] == "no-store"
    assert client.delete("/twice").status_code == 429
    assert "RateLimit" not in client.get("/twice").headers


def test_each_client_has_its_own(client: FlaskClient) -> None:
    for address in ("198.51.100.7", "198.51.100.8", "2001:db8::1"):
        statuses = [client.post("/twice", **from_(address)).status_code for _ in range(3)]
        assert statuses == [200, 200, 429]
    assert client.post("/twice", **from_("2001:db8::2")).status_code == 429
    assert client.post("/twice", **from_("2001:db8:0:1::1")).status_code == 200


def test_a_forged_header_changes_nothing(client: FlaskClient) -> None:
    sent = [client.post("/twice", headers={"X-Forwarded-For": f"203.0.113.{last}"}) for last in range(4)]
    assert [response.status_code for response in sent] == [200, 200, 429, 429]


def test_a_site_may_count_by_what_it_likes(app: Flask, client: FlaskClient) -> None:
    @app.post("/sign-in")
    @rate_limit("sign-ins", "1/1h", key=lambda: request.form.get("name"))
    def sign_in() -> str:
        return "ran"

    names = ["ada", "ada", "grace", "\x00", "é" * 10_000, "é" * 10_000]
    statuses = [client.post("/sign-in", data={"name": name}).status_code for name in names]
    assert statuses == [200, 429, 200, 200, 200, 429]
    uncounted = [client.post("/sign-in") for _ in range(3)]
    assert {response.status_code for response in uncounted} == {200}
    assert "RateLimit" not in uncounted[0].headers


def test_a_site_may_say_which_methods_count(app: Flask, client: FlaskClient) -> None:
    @app.route("/search", methods=["GET", "POST"])
    @rate_limit("searches", "2/1h", methods=["get"])
    def search() -> str:
        return "ran"

    statuses = [
        client.open("/search", method=method).status_code for method in ("GET", "HEAD", "GET", "POST")
    ]
    assert statuses == [200, 200, 429, 200]


def test_views_with_one_limit_count_together(app: Flask, client: FlaskClient) -> None:
    app.add_url_rule("/too", "too", rate_limit("twice", "2/1h")(lambda: "ran"), methods=["POST"])
    sent = [client.post(path).status_code for path in ("/too", "/twice", "/too")]
    assert sent == [200, 200, 429]


@pytest.mark.parametrize(
    ("name", "quota", "message"),
    [
        ("twice", "9/1h", "twice is 2/1h in one place and 9/1h in another"),
        ("Sign-ups", "9/1h", "no name for a limit"),
        ("sign-ups", "often", "quota"),
    ],
)
def test_a_mistake_anywhere_shows_at_the_first_request(
    app: Flask, client: FlaskClient, name: str, quota: str, message: str
) -> None:
    guarded = require_captcha(rate_limit(name, quota)(require_captcha(lambda: "ran")))
    app.add_url_rule("/other", "other", guarded, methods=["POST"])
    for _ in range(2):
        with pytest.raises(ConfigurationError, match=message):
            client.get("/")


def test_apps_of_one_store_count_together(make_app: Callable[..., Flask], settings: dict[str, Any]) -> None:
    limited = {**settings, "RATE_LIMITS": {"client": "2/1h"}}
    one, other = (make_app(limited).test_client() for _ in range(2))
    assert [client.get("/").status_code for client in (one, other, one, other)] == [200, 200, 429, 429]


def test_the_settings_limit_every_request(make_app: Callable[..., Flask], settings: dict[str, Any]) -> None:
    app = make_app({**settings, "RATE_LIMITS": {"burst": "3/1m", "client": "100/1h"}})
    ran = []
    app.add_url_rule("/seen", "seen", lambda: ran.append("seen") or "seen")
    client = app.test_client()
    first = client.get("/nowhere")
    assert first.status_code == 404
    assert first.headers["RateLimit-Policy"] == '"burst";q=3;w=60, "client";q=100;w=3600'
    assert first.headers["RateLimit"].startswith('"burst";r=2;')
    assert client.get("/captcha/widget.js").status_code == 200
    assert client.post("/").status_code == 400
    assert [client.get("/seen").status_code for _ in range(2)] == [429, 429]
    assert ran == []
    assert client.get("/seen", **from_("198.51.100.7")).text == "seen"


def test_limits_of_settings_and_views_are_told_beside_each_other(
    make_app: Callable[..., Flask], settings: dict[str, Any]
) -> None:
    app = make_app({**settings, "RATE_LIMITS": {"client": "9/1h"}})
    app.add_url_rule("/once", "once", rate_limit("once", "1/1h")(lambda: "ran"), methods=["POST"])
    sent = [app.test_client().post("/once") for _ in range(2)]
    assert [response.status_code for response in sent] == [200, 429]
    for response in sent:
        assert response.headers["RateLimit-Policy"] == '"client";q=9;w=3600, "once";q=1;w=3600'
    assert sent[1].headers["RateLimit"].startswith('"client";r=7;')


def test_browsers_get_a_page(client: FlaskClient) -> None:
    pages = [client.post("/twice", headers=BROWSER) for _ in range(3)]
    assert (pages[2].status_code, pages[2].content_type) == (429, "text/html; charset=utf-8")
    assert "too many requests" in pages[2].text


def test_error_handlers_see_when_to_come_again(app: Flask, client: FlaskClient) -> None:
    seen = []

    @app.errorhandler(GuardError)
    def refused(error: GuardError) -> tuple[str, int]:
        assert isinstance(error, RateLimited)
        seen.append((error.code, error.codes, error.retry_after))
        return "later", 429

    answers = [client.post("/twice") for _ in range(3)]
    assert answers[2].text == "later"
    assert answers[2].headers["Retry-After"] == str(seen[0][2])
    assert answers[2].headers["RateLimit"].startswith('"twice";r=0;')
    assert seen[0][:2] == (429, ("rate-limited",))


def test_asynchronous_views_and_classes(app: Flask, client: FlaskClient) -> None:
    class Part(MethodView):
        @rate_limit("part", "1/1h")
        def put(self) -> str:
            return "ran"

    app.add_url_rule("/part", view_func=Part.as_view("part"))

    @app.put("/async")
    @rate_limit("async", "1/1h")
    async def asynchronous() -> str:
        return "ran"

    @app.put("/async-key")
    @rate_limit("async-key", "1/1h", key=lambda: "everybody")
    async def everybody() -> str:
        return "ran"

    for path in ("/part", "/async", "/async-key"):
        assert [client.put(path).status_code for _ in range(2)] == [200, 429]


def test_who_is_over_the_limit_spends_no_token(
    app: Flask, client: FlaskClient, earn: Callable[..., str]
) -> None:
    @app.post("/guarded")
    @rate_limit("guarded", "1/1h")
    @require_captcha
    def guarded() -> str:
        return "ran"

    assert client.post("/guarded").status_code == 400
    token = {"cattlegrid-response": earn(app)}
    assert client.post("/guarded", data=token).status_code == 429
    assert client.post("/guarded", data=token, **from_("198.51.100.7")).text == "ran"


def test_a_decorator_above_the_route_is_noticed(app: Flask) -> None:
    @rate_limit("above", "1/1h", methods=["GET"])
    @app.get("/above")
    def above() -> str:
        return "ran"

    with pytest.raises(ConfigurationError, match="past @rate_limit"):
        app.test_client().get("/above")


def test_a_test_suite_may_come_as_often_as_it_likes(client: FlaskClient) -> None:
    with layers_pass(), captcha_passes():
        assert {client.post("/twice").status_code for _ in range(5)} == {200}
    assert client.post("/twice").status_code == 429


@pytest.mark.parametrize(
    ("settings_too", "message"),
    [
        ({"RATE_LIMITS": {"client": "often"}}, "quota"),
        ({"RATE_LIMITS": {"Every Client": "1/1h"}}, "Every Client"),
        ({"RATE_LIMITS": "600/10m"}, "RATE_LIMITS must be a mapping"),
        ({"RATE_LIMITS": {"client": 600}}, "RATE_LIMITS must be a mapping"),
        ({"RATE_LIMITS": {"client": "1/1h"}, "SEAL_KEY": "short"}, "secret"),
    ],
)
def test_a_wrong_limit_is_said_at_the_start(
    make_app: Callable[..., Flask], settings: dict[str, Any], settings_too: dict[str, Any], message: str
) -> None:
    with pytest.raises(ConfigurationError, match=message):
        make_app({**settings, **settings_too})


def test_a_provider_elsewhere_leaves_the_key_to_the_site(
    make_app: Callable[..., Flask], settings: dict[str, Any]
) -> None:
    remote = {
        "PROVIDER": "turnstile",
        "SITE_KEY": "k" * 40,
        "SECRET_KEY": "s" * 40,
        "STORE": settings["STORE"],
        "RATE_LIMITS": {"client": "1/1h"},
    }
    with pytest.raises(ConfigurationError, match="SEAL_KEY is missing"):
        make_app(remote)
    client = make_app({**remote, "SEAL_KEY": generate_secret()}).test_client()
    assert [client.get("/").status_code for _ in range(2)] == [200, 429]


def test_limits_hold_while_the_store_is_lost(
    make_app: Callable[..., Flask], settings: dict[str, Any], caplog: pytest.LogCaptureFixture
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as nobody:
        store = f"redis://127.0.0.1:{nobody.getsockname()[1]}"
    client = make_app({**settings, "STORE": store, "RATE_LIMITS": {"client": "2/1h"}}).test_client()
    with caplog.at_level(logging.WARNING, "cattlegrid"):
        assert [client.get("/").status_code for _ in range(3)] == [200, 200, 429]
    assert [record.message for record in caplog.records if "cannot count" in record.message]
    assert len(caplog.records) == 1
