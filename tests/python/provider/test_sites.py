"""Sites in Flask, each with another provider, from the widget on the page to what the view learns."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import re
import time
from pathlib import Path
from typing import Any, Callable

import pytest
from flask import Flask, jsonify, render_template_string

from cattlegrid import generate_secret
from cattlegrid.flask import Captcha, current_captcha, require_captcha

from .stand_in import SECRET_KEY, Provider, away, says

Settings = dict[str, Any]

PAGE = "{{ captcha_script() }}<form method=post>{{ captcha() }}</form>"
SAID = {"success": True, "challenge_ts": "2026-01-31T12:00:00Z", "hostname": "www.example.org"}


@pytest.fixture
def site(provider: Provider, tmp_path: Path) -> Callable[..., Flask]:
    """A site with these settings, which asks the provider of the tests."""

    def make(**settings: Any) -> Flask:
        app = Flask("site")
        common = {"SECRET_KEY": SECRET_KEY, "STORE": f"sqlite:{tmp_path}/spent.sqlite3"}
        asked = {"VERIFY_URL": provider.url} if settings["PROVIDER"] not in LOCAL else {}
        app.config["CATTLEGRID"] = {**common, **asked, **settings}
        Captcha(app)

        @app.get("/")
        def page() -> str:
            return render_template_string(PAGE)

        @app.post("/")
        @require_captcha
        def view() -> Any:
            found = ("provider", "hostname", "action", "score", "challenge_ts", "decided")
            return jsonify({name: getattr(current_captcha, name) for name in found})

        return app

    return make


LOCAL = ("altcha", "altcha_signature")


def post(app: Flask, **fields: str) -> tuple[int, Any]:
    """What the site says to a form."""
    response = app.test_client().post("/", data=fields)
    return response.status_code, response.json


def test_recaptcha_enterprise(site: Callable[..., Flask], provider: Provider) -> None:
    token = {"valid": True, "hostname": "www.example.org", "action": "login", "createTime": "2026-01-31"}
    provider.answer = says({"tokenProperties": token, "riskAnalysis": {"score": 0.7, "reasons": []}})
    settings = {"PROVIDER": "recaptcha_enterprise", "SITE_KEY": "site-key", "MINIMUM_SCORE": 0.6}
    app = site(**settings, ACTION="login", HOSTNAMES=["*.example.org"])
    page = app.test_client().get("/").text
    assert "https://www.google.com/recaptcha/enterprise.js?render=site-key" in page
    assert 'data-cattlegrid="recaptcha-enterprise"' in page
    status, found = post(app, **{"g-recaptcha-response": "token"})
    assert (status, found["score"], found["action"], found["hostname"]) == (
        200,
        0.7,
        "login",
        "www.example.org",
    )
    assert provider.events[0]["event"]["siteKey"] == "site-key"
    provider.answer = says({"tokenProperties": token, "riskAnalysis": {"score": 0.5, "reasons": []}})
    refused = post(app, **{"g-recaptcha-response": "another"})
    assert refused == (403, {"error-codes": ["score-too-low"]})


def test_friendly_captcha(site: Callable[..., Flask], provider: Provider) -> None:
    challenge = {"timestamp": "2026-01-31T12:00:00Z", "origin": "https://www.example.org"}
    provider.answer = says({"success": True, "data": {"challenge": challenge}})
    app = site(PROVIDER="friendly_captcha", SITE_KEY="site-key", HOSTNAMES=["www.example.org"])
    page = app.test_client().get("/").text
    assert '<div data-sitekey="site-key" class="frc-captcha"></div>' in page
    status, found = post(app, **{"frc-captcha-response": "token"})
    assert (status, found["hostname"], found["score"]) == (200, "www.example.org", None)
    assert provider.events == [{"response": "token", "sitekey": "site-key"}]
    provider.answer = says({"success": False, "error": {"error_code": "response_timeout", "detail": ""}})
    assert post(app, **{"frc-captcha-response": "late"}) == (403, {"error-codes": ["response_timeout"]})


def altcha(provider: str, **more: Any) -> Settings:
    """Settings with ALTCHA's widget."""
    asked = {"CHALLENGE_URL": "/altcha", "SCRIPT_URL": "/static/altcha.js"}
    return {"PROVIDER": provider, **asked, **more}


def solved() -> str:
    """Work that is done, as ALTCHA's widget of the first version sends it."""
    salt = f"f00dcafe?expires={int(time.time()) + 300}&"
    challenge = hashlib.sha256(f"{salt}4711".encode()).hexdigest()
    signature = hmac.new(SECRET_KEY.encode(), challenge.encode(), "sha256").hexdigest()
    payload = {"algorithm": "SHA-256", "challenge": challenge, "number": 4711, "salt": salt}
    return base64.b64encode(json.dumps({**payload, "signature": signature}).encode()).decode()


def test_altcha(site: Callable[..., Flask], provider: Provider) -> None:
    app = site(**altcha("altcha"))
    page = app.test_client().get("/").text
    assert '<script src="/static/altcha.js" type="module"></script>' in page
    assert '<altcha-widget challenge="/altcha"></altcha-widget>' in page
    payload = solved()
    status, found = post(app, altcha=payload)
    assert (status, found["provider"]) == (200, "altcha")
    assert post(app, altcha=payload) == (403, {"error-codes": ["already-seen-response"]})
    assert post(app, altcha="e30=") == (403, {"error-codes": ["invalid-input-response"]})
    assert provider.asked == provider.events == []


def test_altcha_with_a_server(site: Callable[..., Flask], provider: Provider) -> None:
    provider.answer = says({"verified": True, "hostname": "www.example.org"})
    app = site(**altcha("altcha_server", HOSTNAMES=["*.example.org"]))
    status, found = post(app, altcha="payload")
    assert (status, found["hostname"]) == (200, "www.example.org")
    assert provider.events == [{"payload": "payload", "secret": SECRET_KEY}]


@pytest.mark.parametrize(
    ("name", "needed", "field"),
    [
        ("cattlegrid", {"URL": "https://captcha.example"}, "cattlegrid-response"),
        ("recaptcha_v3", {}, "g-recaptcha-response"),
    ],
)
def test_a_score_reaches_the_view(
    name: str, needed: Settings, field: str, site: Callable[..., Flask], provider: Provider
) -> None:
    provider.answer = says({**SAID, "score": 0.8, "action": "login"})
    app = site(PROVIDER=name, SITE_KEY="site-key", **needed)
    assert post(app, **{field: "token"})[1]["score"] == 0.8
    strict = site(PROVIDER=name, SITE_KEY="site-key", MINIMUM_SCORE=0.9, **needed)
    assert post(strict, **{field: "another"}) == (403, {"error-codes": ["score-too-low"]})


def test_a_server_without_scores_is_as_good(site: Callable[..., Flask], provider: Provider) -> None:
    provider.answer = says({**SAID, "action": "login"})
    app = site(PROVIDER="cattlegrid", SITE_KEY="site-key", URL="https://captcha.example")
    status, found = post(app, **{"cattlegrid-response": "token"})
    assert (status, found["score"]) == (200, None)


def element(app: Flask) -> str:
    """The class of the widget on a page."""
    (shown,) = re.findall(r'<form.*class="(.*)"', app.test_client().get("/").text)
    return str(shown)


def test_a_page_shows_the_widget_of_whoever_can_be_asked(
    site: Callable[..., Flask], provider: Provider, other: Provider
) -> None:
    provider.answer = other.answer = says(SAID)
    own = {"SITE_KEY": "other-key", "SECRET_KEY": "another-secret-key", "VERIFY_URL": other.url}
    app = site(
        PROVIDER="turnstile",
        SITE_KEY="site-key",
        HOSTNAMES=["www.example.org"],
        FALLBACK={"PROVIDER": "hcaptcha", **own},
    )
    assert element(app) == "cf-turnstile"
    assert post(app, **{"cf-turnstile-response": "one"})[1]["provider"] == "turnstile"
    assert post(app, **{"h-captcha-response": "two"}) == (403, {"error-codes": ["unexpected-provider"]})

    provider.answer = away
    late = post(app, **{"cf-turnstile-response": "three"})
    assert late == (503, {"error-codes": ["provider-unreachable"]})
    page = app.test_client().get("/").text
    assert "https://js.hcaptcha.com/1/api.js" in page
    assert 'data-sitekey="other-key"' in page
    status, found = post(app, **{"h-captcha-response": "two"})
    assert (status, found["provider"], found["hostname"]) == (200, "hcaptcha", "www.example.org")
    asked = [(form["secret"], form["response"]) for form in other.asked]
    assert asked[-1] == ("another-secret-key", "two")
    assert all(response != "three" for _, response in asked)
    assert post(app, **{"h-captcha-response": "two"})[1] == {"error-codes": ["already-seen-response"]}


def test_two_servers_of_one_provider(site: Callable[..., Flask], provider: Provider, other: Provider) -> None:
    servers = [
        {"PROVIDER": "cattlegrid", "SITE_KEY": f"key-{n}", "URL": f"https://{n}.example"} for n in "ab"
    ]
    second = {**servers[1], "SECRET_KEY": SECRET_KEY, "VERIFY_URL": other.url}
    app = site(**servers[0], FALLBACK=second, WHEN_UNREACHABLE="allow")
    assert "https://a.example/widget.js" in app.test_client().get("/").text
    provider.answer = away
    token = {"header": {"X-Captcha-Response": "one"}}
    assert app.test_client().post("/", headers=token["header"]).json["decided"] is True
    assert app.test_client().post("/", json={"captcha": "two"}).json["decided"] is True
    assert [form["sitekey"] for form in other.asked] == ["key-b", "key-b"]
    page = app.test_client().get("/").text
    assert "https://b.example/widget.js" in page
    assert 'sitekey="key-b"' in page
    other.answer = away
    assert app.test_client().post("/", json={"captcha": "three"}).json["decided"] is False
    assert post(app, **{"cattlegrid-response": "three"})[1] == {"error-codes": ["already-seen-response"]}


def test_a_test_suite_asks_nobody_for_its_pages(site: Callable[..., Flask], provider: Provider) -> None:
    hcaptcha = {"PROVIDER": "hcaptcha", "SITE_KEY": "other-key", "SECRET_KEY": "another-secret-key"}
    app = site(PROVIDER="turnstile", SITE_KEY="site-key", FALLBACK=hcaptcha, TESTING=True)
    assert element(app) == "cf-turnstile"
    assert provider.asked == []


def test_the_engine_in_the_site_stands_in_for_a_provider(
    site: Callable[..., Flask], provider: Provider, answer_of: Callable[[str, str], str]
) -> None:
    secret = generate_secret()
    gate = {"PROVIDER": "gate", "SECRET_KEY": secret, "KINDS": ["math"]}
    app = site(PROVIDER="turnstile", SITE_KEY="site-key", ACTION="login", FALLBACK=gate)
    client = app.test_client()

    def earn() -> str:
        challenges = "/captcha/api/v1/challenges"
        with app.test_request_context():
            site_key = app.extensions["cattlegrid"].captcha.gate.site_key
        issued = client.post(challenges, json={"sitekey": site_key, "action": "login"}).json
        assert issued["kind"] == "math"
        judged = client.post(
            f"{challenges}/{issued['key']}/answer", json={"answer": answer_of(issued["key"], secret)}
        )
        return str(judged.json["token"])

    token = earn()
    assert element(app) == "cf-turnstile"
    assert post(app, **{"cattlegrid-response": token}) == (403, {"error-codes": ["unexpected-provider"]})
    provider.answer = away
    assert post(app, **{"cf-turnstile-response": "token"})[0] == 503
    page = client.get("/").text
    assert '<script src="/captcha/widget.js" type="module"></script>' in page
    assert 'action="login"></cattlegrid-captcha>' in page
    status, found = post(app, **{"cattlegrid-response": token})
    assert (status, found["provider"], found["action"]) == (200, "gate", "login")
    assert post(app, **{"cattlegrid-response": token})[0] == 403
