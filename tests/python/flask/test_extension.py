"""What an app gets: its own captcha, functions for its templates, and what the widget asks for."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask, render_template_string
from flask.testing import FlaskClient
from werkzeug.middleware.dispatcher import DispatcherMiddleware
from werkzeug.test import Client

from cattlegrid import ConfigurationError, generate_secret
from cattlegrid.flask import Captcha, check_captcha
from cattlegrid.testing import TEST_KEYS

CHALLENGES = "/captcha/api/v1/challenges"
HCAPTCHA = {
    "PROVIDER": "hcaptcha",
    "SITE_KEY": "10000000-ffff-ffff-ffff-000000000001",
    "SECRET_KEY": "0x" + "0" * 40,
}


def site_key(app: Flask) -> str:
    with app.test_request_context():
        return app.extensions["cattlegrid"].captcha.site_key


def rendered(app: Flask, template: str, **context: Any) -> str:
    with app.test_request_context():
        return render_template_string(template, **context)


def test_one_extension_serves_many_apps_each_with_its_own_secret(
    settings: dict[str, Any], earn: Callable[..., str]
) -> None:
    captcha = Captcha()
    apps = []
    for _ in range(2):
        app = Flask("made")
        app.config.update(CATTLEGRID={**settings, "SECRET_KEY": generate_secret()}, TESTING=True)
        captcha.init_app(app)
        app.add_url_rule("/", view_func=lambda: check_captcha().provider, methods=["POST"])
        apps.append(app)
    first, second = apps
    assert site_key(first) != site_key(second)
    token = earn(first)
    assert second.test_client().post("/", data={"cattlegrid-response": token}).status_code == 403
    assert first.test_client().post("/", data={"cattlegrid-response": token}).text == "gate"


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        (None, "CATTLEGRID is not set"),
        ({"PROVIDER": "gate"}, "SECRET_KEY is missing"),
        ({"PROVIDER": "gate", "SECRET_KEY": "short", "STORE": "memory:"}, "secret"),
        ({"PROVIDER": "nobody"}, "PROVIDER must be one of"),
    ],
)
def test_a_wrong_configuration_is_said_at_the_start(settings: object, message: str) -> None:
    app = Flask("wrong")
    app.config.update(CATTLEGRID=settings, TESTING=True)
    with pytest.raises(ConfigurationError, match=message):
        Captcha(app)


def test_a_store_of_one_process_is_for_tests() -> None:
    app = Flask("live")
    app.config["CATTLEGRID"] = {"PROVIDER": "gate", "SECRET_KEY": generate_secret(), "STORE": "memory:"}
    with pytest.raises(ConfigurationError, match="memory:"):
        Captcha(app)


@pytest.mark.parametrize("provider", TEST_KEYS)
def test_published_keys_are_for_debugging_and_tests(provider: str, settings: dict[str, Any]) -> None:
    configured = {**settings, "PROVIDER": provider, **TEST_KEYS[provider]}
    for config in ({"DEBUG": True}, {"TESTING": True}):
        app = Flask("tried")
        app.config.update(CATTLEGRID=configured, **config)
        Captcha(app)
    app = Flask("live")
    app.config.update(CATTLEGRID=configured)
    with pytest.raises(ConfigurationError, match="anybody passes"):
        Captcha(app)


def test_templates_get_the_element_and_its_script(app: Flask) -> None:
    assert (
        rendered(app, "{{ captcha_script() }}") == '<script src="/captcha/widget.js" type="module"></script>'
    )
    assert rendered(app, "{{ captcha_script(nonce='abc') }}").count('nonce="abc"') == 1
    expected = (
        f'<cattlegrid-captcha sitekey="{site_key(app)}" action="sign-up" theme="dark"></cattlegrid-captcha>'
    )
    assert rendered(app, "{{ captcha(action='sign-up', theme='dark') }}") == expected


def test_what_a_template_passes_on_is_escaped(app: Flask) -> None:
    element = rendered(app, "{{ captcha(id=name) }}", name='"><script>alert(1)</script>')
    assert "<script>" not in element
    assert "&lt;script&gt;" in element


def test_templates_of_another_provider(make_app: Callable[..., Flask], settings: dict[str, Any]) -> None:
    app = make_app({**HCAPTCHA, "STORE": settings["STORE"]})
    assert 'src="https://js.hcaptcha.com/1/api.js"' in rendered(app, "{{ captcha_script() }}")
    element = rendered(app, "{{ captcha(expired_callback='again') }}")
    assert 'class="h-captcha"' in element
    assert 'data-expired-callback="again"' in element
    client = app.test_client()
    assert client.post(CHALLENGES, json={"sitekey": "any"}).status_code == 404
    assert client.get(f"{CHALLENGES}/key/image").status_code == 404


def test_recaptcha_v3_has_its_script_served(make_app: Callable[..., Flask], settings: dict[str, Any]) -> None:
    app = make_app(
        {"PROVIDER": "recaptcha_v3", "SITE_KEY": "k" * 40, "SECRET_KEY": "s" * 40, "STORE": settings["STORE"]}
    )
    scripts = rendered(app, "{{ captcha_script() }}")
    assert "https://www.google.com/recaptcha/api.js?render=kkk" in scripts
    assert 'src="/captcha/recaptcha-v3.js"' in scripts
    assert app.test_client().get("/captcha/recaptcha-v3.js").status_code == 200


def test_the_widgets_files_are_served(client: FlaskClient) -> None:
    for name in ("widget.js", "widget/view.js", "widget/api.js"):
        response = client.get(f"/captcha/{name}")
        assert (response.status_code, response.mimetype) == (200, "text/javascript")
        known = client.get(f"/captcha/{name}", headers={"If-None-Match": response.headers["ETag"]})
        assert (known.status_code, known.data) == (304, b"")


@pytest.mark.parametrize(
    "name", ["", "nothing.js", "widget/", "widget/../widget.js", "..%2f__init__.py", "widget/%00"]
)
def test_and_no_others(client: FlaskClient, name: str) -> None:
    assert client.get(f"/captcha/{name}").status_code == 404


def test_a_challenge_from_the_first_request_to_the_token(
    app: Flask, client: FlaskClient, answer_of: Callable[[str, str], str]
) -> None:
    issued = client.post(CHALLENGES, json={"sitekey": site_key(app), "action": "sign-up"})
    assert issued.status_code == 201
    challenge = issued.json
    assert set(challenge) == {"key", "kind", "image_url", "audio_url", "expires_at"}

    pictures = [client.get(challenge["image_url"]) for _ in range(2)]
    assert pictures[0].mimetype == "image/png"
    assert pictures[0].data == pictures[1].data
    assert client.get(challenge["image_url"] + "?scale=2").data != pictures[0].data
    assert client.get(challenge["image_url"] + "?scale=3").status_code == 400

    wrong = client.post(f"{CHALLENGES}/{challenge['key']}/answer", json={"answer": "wrong"}).json
    assert wrong["error-codes"] == ["wrong-answer"]
    fresh = wrong["challenge"]["key"]
    answer = answer_of(fresh, app.config["CATTLEGRID"]["SECRET_KEY"])
    right = client.post(f"{CHALLENGES}/{fresh}/answer", json={"answer": answer}).json
    assert right["success"] is True
    response = client.post("/sign-up", data={"cattlegrid-response": right["token"]})
    assert response.json["action"] == "sign-up"


def test_pages_of_other_hosts_earn_nothing(make_app: Callable[..., Flask], settings: dict[str, Any]) -> None:
    app = make_app({**settings, "HOSTNAMES": ["shop.example"]})
    client = app.test_client()
    key = client.post(CHALLENGES, json={"sitekey": site_key(app)}).json["key"]
    response = client.post(
        f"{CHALLENGES}/{key}/answer", json={"answer": "any"}, headers={"Origin": "https://elsewhere.example"}
    )
    assert (response.status_code, response.json["code"]) == (403, "wrong-site")


@pytest.mark.parametrize(
    ("body", "content_type", "status"),
    [
        (b"{}", "application/json", 400),
        (b"[]", "application/json", 400),
        (b"{", "application/json", 400),
        (b"\xff\xfe", "application/json", 400),
        (b"{}", "text/plain", 415),
        (b"{}", "", 415),
        (b'{"sitekey": "\xc3\xa9"}', "application/json", 400),
        (b'{"sitekey": "' + b"a" * 70_000 + b'"}', "application/json", 413),
    ],
)
def test_bad_requests_are_told_so(client: FlaskClient, body: bytes, content_type: str, status: int) -> None:
    response = client.post(CHALLENGES, data=body, content_type=content_type)
    assert (response.status_code, response.mimetype) == (status, "application/problem+json")


@pytest.mark.parametrize("key", ["x", "%C3%A9", "A" * 5000])
def test_unknown_keys_are_told_so(client: FlaskClient, key: str) -> None:
    assert client.get(f"{CHALLENGES}/{key}/image").status_code == 404
    assert client.post(f"{CHALLENGES}/{key}/answer", json={"answer": "a"}).status_code == 404


def test_an_app_below_a_prefix(settings: dict[str, Any]) -> None:
    app = Flask("below")
    app.config.update(CATTLEGRID=settings, TESTING=True)
    Captcha(app, url_prefix="/pictures")
    app.add_url_rule("/", view_func=lambda: render_template_string("{{ captcha_script() }}"))
    key = site_key(app)
    client = Client(DispatcherMiddleware(Flask("root"), {"/shop": app}))
    assert 'src="/shop/pictures/widget.js"' in client.get("/shop/").text
    challenge = client.post("/shop/pictures/api/v1/challenges", json={"sitekey": key}).json
    assert challenge["image_url"].startswith("/shop/pictures/api/v1/challenges/")
    assert client.get(challenge["image_url"]).mimetype == "image/png"
