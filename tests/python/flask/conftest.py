"""A site in Flask with a gate of its own, and somebody who answers its challenges."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any, Callable

import pytest
from flask import Flask, jsonify
from flask.testing import FlaskClient

from cattlegrid import generate_secret
from cattlegrid.flask import Captcha, current_captcha, require_captcha

Settings = dict[str, Any]


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """Those of a gate in this process."""
    return {
        "PROVIDER": "gate",
        "SECRET_KEY": generate_secret(),
        "STORE": f"sqlite:{tmp_path / 'spent.sqlite3'}",
    }


@pytest.fixture
def make_app() -> Callable[[Settings], Flask]:
    """An app with these settings, whose view `/` says that it ran and what was found."""

    def make(settings: Settings, **config: Any) -> Flask:
        app = Flask("site")
        app.config.update(CATTLEGRID=settings, TESTING=True, **config)
        Captcha(app)

        @app.route("/", methods=["GET", "POST", "PUT", "PATCH", "DELETE", "LINK"])
        @require_captcha
        def view() -> Any:
            return jsonify(ran=True, checked=bool(current_captcha))

        @app.post("/sign-up")
        @require_captcha(action="sign-up")
        def sign_up() -> Any:
            return jsonify(hostname=current_captcha.hostname, action=current_captcha.action)

        return app

    return make


@pytest.fixture
def app(make_app: Callable[[Settings], Flask], settings: Settings) -> Flask:
    """One that has all that most tests need."""
    return make_app(settings)


@pytest.fixture
def client(app: Flask) -> Iterator[FlaskClient]:
    """A visitor's browser, or program."""
    with app.test_client() as client:
        yield client


@pytest.fixture
def earn(answer_of: Callable[[str, str], str]) -> Callable[..., str]:
    """A response token, earned from an app's own API by somebody who knows the secret."""

    def earn(app: Flask, action: str | None = None) -> str:
        client = app.test_client()
        with app.test_request_context():
            site_key = app.extensions["cattlegrid"].captcha.site_key
        challenge = client.post(
            "/captcha/api/v1/challenges", json={"sitekey": site_key, "action": action}
        ).json
        answer = answer_of(challenge["key"], app.config["CATTLEGRID"]["SECRET_KEY"])
        judged = client.post(
            f"/captcha/api/v1/challenges/{challenge['key']}/answer",
            json={"answer": answer},
            headers={"Origin": "http://localhost"},
        ).json
        return judged["token"]

    return earn
