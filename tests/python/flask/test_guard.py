"""A view does not run unless the request's response token passed."""

from __future__ import annotations

from typing import Any, Callable

import pytest
from flask import Blueprint, Flask, jsonify, request
from flask.testing import FlaskClient
from flask.views import MethodView
from hypothesis import HealthCheck, given
from hypothesis import settings as at_most
from hypothesis import strategies as st

from cattlegrid import ConfigurationError, generate_secret
from cattlegrid.flask import (
    Captcha,
    CaptchaError,
    CaptchaRefused,
    CaptchaUnavailable,
    check_captcha,
    check_captcha_async,
    current_captcha,
    require_captcha,
)
from cattlegrid.testing import captcha_passes, captcha_refuses, captcha_unreachable

CHANGING = ["POST", "PUT", "PATCH", "DELETE", "LINK"]
BROWSER = {"Accept": "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"}


@pytest.mark.parametrize("method", CHANGING)
def test_whatever_changes_something_needs_a_token(client: FlaskClient, method: str) -> None:
    response = client.open("/", method=method)
    assert response.status_code == 400
    assert response.json == {"error-codes": ["missing-input-response"]}


@pytest.mark.parametrize("method", CHANGING)
def test_and_runs_with_one_that_passes(client: FlaskClient, method: str) -> None:
    with captcha_passes():
        assert client.open("/", method=method).json == {"ran": True, "checked": True}


@pytest.mark.parametrize("method", ["GET", "HEAD", "OPTIONS"])
def test_reading_needs_none(client: FlaskClient, method: str) -> None:
    response = client.open("/", method=method)
    assert response.status_code == 200
    if method == "GET":
        assert response.json == {"ran": True, "checked": False}


@pytest.mark.parametrize("sent", ["form", "json", "header"])
def test_a_token_of_the_gate_passes_once(
    app: Flask, client: FlaskClient, earn: Callable[..., str], sent: str
) -> None:
    token = earn(app, "sign-up")
    ways: dict[str, dict[str, Any]] = {
        "form": {"data": {"name": "Ada", "cattlegrid-response": token}},
        "json": {"json": {"name": "Ada", "cattlegrid-response": token}},
        "header": {"headers": {"X-Captcha-Response": token}},
    }
    first = client.post("/sign-up", **ways[sent])
    assert (first.status_code, first.json) == (200, {"hostname": "localhost", "action": "sign-up"})
    second = client.post("/sign-up", **ways[sent])
    assert (second.status_code, second.json) == (403, {"error-codes": ["already-seen-response"]})


def test_a_token_is_good_for_its_own_action_alone(
    app: Flask, client: FlaskClient, earn: Callable[..., str]
) -> None:
    response = client.post("/sign-up", data={"cattlegrid-response": earn(app, "contact")})
    assert (response.status_code, response.json) == (403, {"error-codes": ["action-mismatch"]})


def test_a_low_score_is_refused_where_the_site_says_so(
    make_app: Callable[..., Flask], settings: dict[str, Any], answer_of: Callable[[str, str], str]
) -> None:
    app = make_app({**settings, "MINIMUM_SCORE": 0.6, "TRUSTED_PROXIES": ["127.0.0.1"]})
    client, challenges = app.test_client(), "/captcha/api/v1/challenges"
    site_key = app.extensions["cattlegrid"].captcha.site_key

    def answered(address: str, right: bool) -> Any:
        key = client.post(challenges, json={"sitekey": site_key}).json["key"]
        answer = answer_of(key, settings["SECRET_KEY"]) if right else "wrong"
        given = {"answer": answer, "signals": {"time": 0, "used": ["keys"], "edits": 6}}
        forwarded = {"X-Forwarded-For": address}
        return client.post(f"{challenges}/{key}/answer", json=given, headers=forwarded).json

    for _ in range(8):
        assert answered("192.0.2.1", right=False)["error-codes"] == ["wrong-answer"]
    for address, status in [("192.0.2.1", 403), ("192.0.2.2", 200)]:
        token = answered(address, right=True)["token"]
        response = client.post("/", data={"cattlegrid-response": token})
        assert (response.status_code, response.json.get("error-codes")) == (
            status,
            ["score-too-low"] if status == 403 else None,
        )


def test_a_token_of_another_site_is_refused(
    app: Flask, make_app: Callable[..., Flask], settings: dict[str, Any], earn: Callable[..., str]
) -> None:
    other = make_app({**settings, "SECRET_KEY": generate_secret()})
    response = app.test_client().post("/", data={"cattlegrid-response": earn(other)})
    assert (response.status_code, response.json) == (403, {"error-codes": ["invalid-input-response"]})


def test_two_tokens_are_none(app: Flask, client: FlaskClient, earn: Callable[..., str]) -> None:
    tokens = [earn(app), earn(app)]
    assert client.post("/", data={"cattlegrid-response": tokens}).status_code == 400
    assert client.post("/", headers=[("X-Captcha-Response", token) for token in tokens]).status_code in (
        400,
        403,
    )


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"[]",
        b"null",
        b"{",
        b'{"cattlegrid-response": 7}',
        b'{"cattlegrid-response": ["a"]}',
        b"\xff",
        b"[" * 100_000,
    ],
)
def test_json_without_a_token_is_a_missing_token(client: FlaskClient, body: bytes) -> None:
    response = client.post("/", data=body, content_type="application/json")
    assert (response.status_code, response.json) == (400, {"error-codes": ["missing-input-response"]})


@given(st.text())
@at_most(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_text_is_refused_as_a_token(client: FlaskClient, text: str) -> None:
    response = client.post("/", json={"cattlegrid-response": text})
    assert response.status_code in (400, 403)


def test_a_token_as_long_as_a_body_is_refused(client: FlaskClient) -> None:
    assert client.post("/", json={"cattlegrid-response": "a" * 3_000_000}).status_code == 403
    assert client.post("/", json={"cattlegrid-response": "a" * 5_000_000}).status_code == 400


def test_nobody_can_decide(client: FlaskClient) -> None:
    with captcha_unreachable():
        response = client.post("/")
    assert (response.status_code, response.json) == (503, {"error-codes": ["provider-unreachable"]})
    assert int(response.headers["Retry-After"]) > 0


def test_a_site_may_let_people_through_when_nobody_can_decide(
    make_app: Callable[..., Flask], settings: dict[str, Any]
) -> None:
    app = make_app(
        {
            "PROVIDER": "hcaptcha",
            "SITE_KEY": "10000000-ffff-ffff-ffff-000000000001",
            "SECRET_KEY": "0x" + "0" * 40,
            "STORE": settings["STORE"],
            "WHEN_UNREACHABLE": "allow",
        }
    )
    with captcha_unreachable():
        assert app.test_client().post("/").status_code == 200
    with captcha_unreachable("store-unavailable"):
        assert app.test_client().post("/").status_code == 503


def test_a_browser_gets_a_page_and_a_program_json(client: FlaskClient) -> None:
    with captcha_refuses("timeout-or-duplicate"):
        page = client.post("/", headers=BROWSER)
        answers = [client.post("/", headers={"Accept": accept}) for accept in ("*/*", "application/json", "")]
    assert (page.status_code, page.content_type) == (403, "text/html; charset=utf-8")
    assert "was not accepted" in page.text
    for answer in answers:
        assert (answer.content_type, answer.json) == (
            "application/json",
            {"error-codes": ["timeout-or-duplicate"]},
        )
    assert page.headers["Vary"] == answers[0].headers["Vary"] == "Accept"
    assert page.headers["Cache-Control"] == "no-store"


def test_error_handlers_see_what_happened(app: Flask, client: FlaskClient) -> None:
    seen = []

    @app.errorhandler(CaptchaError)
    def refused(error: CaptchaError) -> tuple[str, int]:
        seen.append((type(error), error.code, error.codes))
        return "the form again", 422

    with captcha_refuses("score-too-low"):
        response = client.post("/")
    assert (response.status_code, response.text) == (422, "the form again")
    with captcha_unreachable():
        client.post("/")
    assert seen == [
        (CaptchaRefused, 403, ("score-too-low",)),
        (CaptchaUnavailable, 503, ("provider-unreachable",)),
    ]


def test_error_handlers_of_a_status_see_it_too(app: Flask, client: FlaskClient) -> None:
    for status in (400, 403, 503):
        app.register_error_handler(status, lambda error: (f"handled {error.code}", error.code))
    assert client.post("/").text == "handled 400"
    with captcha_refuses():
        assert client.post("/").text == "handled 403"
    with captcha_unreachable():
        assert client.post("/").text == "handled 503"


def test_the_error_handler_of_the_class_itself_comes_first(app: Flask, client: FlaskClient) -> None:
    for handled in (403, CaptchaError, CaptchaRefused):
        app.register_error_handler(handled, lambda _, name=str(handled): (name, 403))
    with captcha_refuses():
        assert client.post("/").text == str(CaptchaRefused)


def test_a_decorator_in_the_wrong_place_is_noticed(app: Flask) -> None:
    ran = []

    @require_captcha(action="above")
    @app.route("/above", methods=["GET", "POST"])
    def above() -> str:
        ran.append("above")
        return "ran"

    with pytest.raises(ConfigurationError, match=r"below @app\.route"):
        app.test_client().post("/above")
    app.testing = False
    assert app.test_client().post("/above").status_code == 500
    assert ran == []
    assert app.test_client().get("/above").status_code == 200


def test_asynchronous_views(app: Flask, client: FlaskClient, earn: Callable[..., str]) -> None:
    ran = []

    @app.post("/async")
    @require_captcha(action="async")
    async def asynchronous() -> Any:
        ran.append(current_captcha.action)
        return jsonify(ran=True)

    @app.post("/async-inside")
    async def inside() -> Any:
        return jsonify(action=(await check_captcha_async("inside")).action)

    assert client.post("/async").status_code == 400
    assert client.post("/async-inside").status_code == 400
    assert ran == []
    assert client.post("/async", data={"cattlegrid-response": earn(app, "async")}).json == {"ran": True}
    assert ran == ["async"]
    response = client.post("/async-inside", data={"cattlegrid-response": earn(app, "inside")})
    assert response.json == {"action": "inside"}


def test_class_based_views_and_blueprints(app: Flask, client: FlaskClient) -> None:
    class Whole(MethodView):
        decorators = (require_captcha(action="whole"),)

        def get(self) -> Any:
            return jsonify(ran="get")

        def delete(self) -> Any:
            return jsonify(ran="delete")

    class Part(MethodView):
        @require_captcha
        def put(self, number: int) -> Any:
            return jsonify(ran=number)

        def post(self, number: int) -> Any:
            return jsonify(ran=number)

    blueprint = Blueprint("things", __name__, url_prefix="/things")
    blueprint.add_url_rule("/whole", view_func=Whole.as_view("whole"))
    blueprint.add_url_rule("/part/<int:number>", view_func=Part.as_view("part"))
    app.register_blueprint(blueprint)

    assert client.get("/things/whole").json == {"ran": "get"}
    assert client.delete("/things/whole").status_code == 400
    assert client.put("/things/part/3").status_code == 400
    assert client.post("/things/part/3").json == {"ran": 3}
    with captcha_passes():
        assert client.delete("/things/whole").json == {"ran": "delete"}
        assert client.put("/things/part/3").json == {"ran": 3}


def test_a_view_may_check_by_itself(app: Flask, client: FlaskClient) -> None:
    @app.post("/later")
    def later() -> Any:
        if not request.form.get("name"):
            return "a name, please", 422
        return jsonify(action=check_captcha().action)

    assert client.post("/later").status_code == 422
    assert client.post("/later", data={"name": "Ada"}).status_code == 400
    with captcha_passes(action="later"):
        assert client.post("/later", data={"name": "Ada"}).json == {"action": "later"}


def test_what_was_not_checked_cannot_be_asked_for(app: Flask) -> None:
    with app.test_request_context(), pytest.raises(RuntimeError, match="no response token was checked"):
        print(current_captcha.hostname)


def test_the_result_is_not_the_last_requests(client: FlaskClient) -> None:
    with captcha_passes():
        assert client.post("/").json == {"ran": True, "checked": True}
    assert client.get("/").json == {"ran": True, "checked": False}


def test_an_app_without_the_extension_lets_nobody_through() -> None:
    app = Flask("bare")
    ran = []

    @app.post("/")
    @require_captcha
    def view() -> str:
        ran.append(True)
        return "ran"

    with captcha_passes():
        assert app.test_client().post("/").status_code == 500
    assert ran == []


def test_staged_outcomes_work_in_tests_alone(settings: dict[str, Any]) -> None:
    app = Flask("live")
    app.config.update(CATTLEGRID=settings)
    Captcha(app)
    with (
        captcha_passes(),
        app.test_request_context(method="POST"),
        pytest.raises(ConfigurationError, match="TESTING"),
    ):
        check_captcha()


def test_a_body_larger_than_the_site_takes_is_refused(
    make_app: Callable[..., Flask], settings: dict[str, Any]
) -> None:
    client = make_app(settings, MAX_CONTENT_LENGTH=1000).test_client()
    assert client.post("/", data={"name": "a" * 2000}).status_code == 413
    assert client.post("/", json={"name": "a" * 2000}).status_code == 413
    assert client.post("/captcha/api/v1/challenges", json={"sitekey": "a" * 2000}).status_code == 413
