"""Forms with a stamp: a view takes each once, no sooner than people are, and with its honeypot untouched."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from flask import Blueprint, Flask, redirect, render_template_string, request
from flask.testing import FlaskClient
from flask.views import MethodView
from pages import fields_of
from werkzeug.exceptions import HTTPException

from cattlegrid import ConfigurationError, Stamp, generate_secret
from cattlegrid.flask import (
    Captcha,
    StampError,
    StampRefused,
    require_captcha,
    require_stamp,
)
from cattlegrid.testing import captcha_passes, layers_pass

BROWSER = {"Accept": "text/html"}
PAGE = "<form method=post><input name=text>{{ stamp('contact') }}</form>"


@pytest.fixture
def app(make_app: Callable[..., Flask], settings: dict[str, Any]) -> Flask:
    """A site with forms that nobody is too fast for, and one that takes a day."""
    app = make_app(settings)

    @app.route("/contact", methods=["GET", "POST", "PUT", "DELETE"])
    @require_stamp("contact", least_age=0)
    def contact() -> Any:
        if request.method == "GET" or not request.values.get("text"):
            return render_template_string(PAGE)
        return "thanks"

    @app.route("/slow", methods=["GET", "POST"])
    @require_stamp("contact", least_age=80_000)
    def slow() -> Any:
        return render_template_string(PAGE)

    return app


def shown(client: FlaskClient, path: str = "/contact", **filled: str) -> dict[str, str]:
    """A page's form, filled in."""
    return {**fields_of(client.get(path).text), "text": "hello", **filled}


def bait(form: dict[str, str]) -> str:
    """One of the fields that people never see."""
    return next(name for name in form if name not in ("text", Stamp.FIELD))


def test_a_form_that_was_shown_is_taken_once(client: FlaskClient) -> None:
    form = shown(client)
    assert client.post("/contact", data=form).text == "thanks"
    again = client.post("/contact", data=form)
    assert (again.status_code, again.json) == (403, {"error-codes": ["spent-stamp"]})
    assert client.post("/contact", data=shown(client)).text == "thanks"


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE"])
def test_whatever_changes_something_needs_one(client: FlaskClient, method: str) -> None:
    response = client.open("/contact", method=method, data={"text": "hello"})
    assert (response.status_code, response.json) == (400, {"error-codes": ["missing-stamp"]})


def test_programs_send_it_as_json(client: FlaskClient) -> None:
    form = shown(client)
    assert client.post("/contact?text=hello", json={**form, "urgent": True}).text == "thanks"
    assert client.post("/contact", json=form).json == {"error-codes": ["spent-stamp"]}
    assert client.post("/contact", json={"text": "hello"}).json == {"error-codes": ["missing-stamp"]}


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b"\xff", b"[" * 100_000, b" " * 5_000_000])
def test_json_that_nobody_can_read_has_none(client: FlaskClient, body: bytes) -> None:
    response = client.post("/contact", data=body, content_type="application/json")
    assert response.status_code == 400
    assert response.json["error-codes"] in (["bad-request"], ["missing-stamp"])


@pytest.mark.parametrize("value", ["", "forged", "A" * 100_000, "\x00", "é", "\ud800"])
def test_any_text_is_refused_as_a_stamp(client: FlaskClient, value: str) -> None:
    for sent in ({"data": {Stamp.FIELD: value.encode("utf-8", "replace")}}, {"json": {Stamp.FIELD: value}}):
        assert client.post("/contact", **sent).status_code in (400, 403)


def test_a_filled_honeypot_is_refused(client: FlaskClient) -> None:
    form = shown(client)
    refused = client.post("/contact", data={**form, bait(form): "https://spam.example"})
    assert (refused.status_code, refused.json) == (403, {"error-codes": ["honeypot"]})
    del form[bait(form)]
    assert client.post("/contact", data=form).json == {"error-codes": ["honeypot"]}


def test_or_it_gets_what_looks_like_success(app: Flask, client: FlaskClient) -> None:
    ran = []

    @app.post("/comment")
    @require_stamp("contact", least_age=0, pretend=lambda: redirect("/thanks", 303))
    def comment() -> Any:
        ran.append(request.form["text"])
        return redirect("/thanks", 303)

    app.register_error_handler(HTTPException, lambda _: ("not this one", 500))
    form = shown(client)
    pretended = client.post("/comment", data={**form, bait(form): "spam"})
    assert ran == []
    accepted = client.post("/comment", data=form)
    assert ran == ["hello"]
    assert pretended.status_code == accepted.status_code
    assert list(pretended.headers) == list(accepted.headers)
    assert pretended.data == accepted.data


def test_what_pretends_has_to_make_a_response(app: Flask, client: FlaskClient) -> None:
    ran = []

    @app.post("/comment")
    @require_stamp("contact", least_age=0, pretend=lambda: None)  # type: ignore[arg-type, return-value]
    def comment() -> str:
        ran.append(True)
        return "ran"

    form = shown(client)
    app.testing = False
    assert client.post("/comment", data={**form, bait(form): "spam"}).status_code == 500
    assert ran == []


def test_who_is_too_early_waits_once(app: Flask, client: FlaskClient) -> None:
    sent = []

    @app.errorhandler(StampError)
    def refused(error: StampError) -> tuple[str, int]:
        sent.append(error.codes)
        return render_template_string(PAGE), error.code

    first = shown(client)
    early = client.post("/slow", data=first)
    assert (early.status_code, early.headers["Cache-Control"]) == (403, "no-store")
    again = {**fields_of(early.text), "text": "hello"}
    assert again[Stamp.FIELD] != first[Stamp.FIELD]
    assert client.post("/contact", data=again).text == "thanks"
    assert client.post("/contact", data=first).status_code == 200
    assert sent == [("too-early",)]


def test_a_form_that_is_sent_back_has_a_stamp_of_its_own(client: FlaskClient) -> None:
    form = shown(client, text="")
    back = client.post("/contact", data=form)
    assert (back.status_code, back.headers["Cache-Control"]) == (200, "no-store")
    corrected = {**fields_of(back.text), "text": "hello"}
    assert corrected[Stamp.FIELD] != form[Stamp.FIELD]
    assert client.post("/contact", data=corrected).text == "thanks"


def test_a_page_with_a_stamp_is_not_stored(app: Flask, client: FlaskClient) -> None:
    app.add_url_rule("/plain", view_func=lambda: "no form")
    assert client.get("/contact").headers["Cache-Control"] == "no-store"
    assert "Cache-Control" not in client.get("/plain").headers


def test_a_stamp_is_good_for_its_own_form_site_and_secret(
    app: Flask, client: FlaskClient, make_app: Callable[..., Flask], settings: dict[str, Any]
) -> None:
    with app.test_request_context():
        other_form = fields_of(render_template_string("{{ stamp('sign-up') }}"))
    stamps = [other_form]
    for other in ({"SITE_NAME": "other"}, {"SECRET_KEY": generate_secret()}, {"SEAL_KEY": generate_secret()}):
        with make_app({**settings, **other}).test_request_context():
            stamps.append(fields_of(render_template_string("{{ stamp('contact') }}")))
    for stamp in stamps:
        assert client.post("/contact", data={**stamp, "text": "hello"}).json == {
            "error-codes": ["unknown-stamp"]
        }


def test_a_key_can_be_replaced(make_app: Callable[..., Flask], settings: dict[str, Any]) -> None:
    old, new = generate_secret(), generate_secret()
    with make_app({**settings, "SEAL_KEY": old}).test_request_context():
        form = fields_of(render_template_string("{{ stamp('contact') }}"))
    app = make_app({**settings, "SEAL_KEY": [new, old]})
    app.add_url_rule(
        "/contact", view_func=require_stamp("contact", least_age=0)(lambda: "ok"), methods=["POST"]
    )
    assert app.test_client().post("/contact", data=form).text == "ok"


def test_a_provider_elsewhere_leaves_the_key_to_the_site(
    make_app: Callable[..., Flask], settings: dict[str, Any]
) -> None:
    remote = {
        "PROVIDER": "turnstile",
        "SITE_KEY": "k" * 40,
        "SECRET_KEY": "s" * 40,
        "STORE": settings["STORE"],
    }
    with make_app(remote).test_request_context(), pytest.raises(ConfigurationError, match="SEAL_KEY"):
        render_template_string("{{ stamp('contact') }}")
    with make_app({**remote, "SEAL_KEY": generate_secret()}).test_request_context():
        assert Stamp.FIELD in render_template_string("{{ stamp('contact') }}")


@pytest.mark.parametrize(
    ("stamped", "message"),
    [({"name": ""}, "names of 1 to 255 bytes"), ({"name": "x", "least_age": -1}, "`least_age`")],
)
def test_a_mistake_shows_at_the_first_request(
    app: Flask, client: FlaskClient, stamped: dict[str, Any], message: str
) -> None:
    app.add_url_rule("/x", "x", require_stamp(**stamped)(lambda: "ran"), methods=["POST"])
    with pytest.raises(ConfigurationError, match=message):
        client.get("/")


def test_browsers_get_a_page(client: FlaskClient) -> None:
    page = client.post("/contact", headers=BROWSER)
    assert (page.status_code, page.content_type) == (400, "text/html; charset=utf-8")
    assert "expired" in page.text
    assert page.headers["Cache-Control"] == "no-store"


def test_error_handlers_see_what_happened(app: Flask, client: FlaskClient) -> None:
    app.register_error_handler(400, lambda error: (f"a status, {error.codes[0]}", 400))
    app.register_error_handler(StampRefused, lambda error: (f"refused: {error.codes[0]}", 422))
    assert client.post("/contact").text == "a status, missing-stamp"
    assert client.post("/contact", data={Stamp.FIELD: "forged"}).text == "refused: unknown-stamp"


def test_a_captcha_below_is_not_spent_for_a_form_that_is_refused(
    app: Flask, client: FlaskClient, earn: Callable[..., str]
) -> None:
    @app.post("/guarded")
    @require_stamp("contact", least_age=0)
    @require_captcha
    def guarded() -> str:
        return "thanks"

    token = {"cattlegrid-response": earn(app)}
    assert client.post("/guarded", data=token).json == {"error-codes": ["missing-stamp"]}
    form = shown(client)
    assert client.post("/guarded", data={**form, **token}).text == "thanks"
    assert client.post("/guarded", data={**shown(client), **token}).json == {
        "error-codes": ["already-seen-response"]
    }


def test_asynchronous_views_classes_and_blueprints(app: Flask, client: FlaskClient) -> None:
    class Whole(MethodView):
        decorators = (require_stamp("contact", least_age=0),)

        def put(self) -> str:
            return "whole"

    class Part(MethodView):
        @require_stamp("contact", least_age=0)
        async def put(self) -> str:
            return "part"

        def post(self) -> str:
            return "unguarded"

    blueprint = Blueprint("things", __name__, url_prefix="/things")
    blueprint.add_url_rule("/whole", view_func=Whole.as_view("whole"))
    blueprint.add_url_rule("/part", view_func=Part.as_view("part"))

    @blueprint.put("/async")
    @require_stamp("contact", least_age=0, pretend=lambda: "pretended")
    @require_captcha
    async def asynchronous() -> str:
        return "async"

    app.register_blueprint(blueprint)
    for path in ("whole", "part", "async"):
        form = shown(client)
        assert client.put(f"/things/{path}").status_code == 400
        with captcha_passes():
            assert client.put(f"/things/{path}", data=form).text == path
            assert client.put(f"/things/{path}", data=form).status_code == 403
    assert client.post("/things/part").text == "unguarded"
    form = shown(client)
    assert client.put("/things/async", data={**form, bait(form): "spam"}).text == "pretended"


def test_a_decorator_above_the_route_is_noticed(app: Flask) -> None:
    @require_stamp("contact")
    @app.post("/above")
    def above() -> str:
        return "ran"

    with pytest.raises(ConfigurationError, match=r"past @require_stamp: put the decorator below @app\.route"):
        app.test_client().post("/above")


def test_a_test_suite_lets_forms_pass(client: FlaskClient) -> None:
    with layers_pass():
        assert client.post("/slow", data={"text": "hello"}).status_code == 200
    assert client.post("/slow", data={"text": "hello"}).status_code == 400


def test_but_no_site_in_use_does(settings: dict[str, Any]) -> None:
    app = Flask("live")
    app.config.update(CATTLEGRID=settings)
    Captcha(app)
    app.add_url_rule("/", view_func=require_stamp("contact")(lambda: "ran"), methods=["POST"])
    with layers_pass():
        assert app.test_client().post("/").status_code == 500


def test_nobody_passes_while_the_store_is_lost(
    make_app: Callable[..., Flask], settings: dict[str, Any], tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = tmp_path_factory.mktemp("lost")
    app = make_app({**settings, "STORE": f"sqlite:{folder / 'spent.sqlite3'}"})
    app.add_url_rule("/form", "form", lambda: render_template_string(PAGE))
    app.add_url_rule(
        "/contact", view_func=require_stamp("contact", least_age=0)(lambda: "ran"), methods=["POST"]
    )
    client = app.test_client()
    form = shown(client, "/form")
    for file in folder.iterdir():
        file.unlink()
    folder.rmdir()
    response = client.post("/contact", data=form)
    assert (response.status_code, response.json) == (503, {"error-codes": ["store-unavailable"]})
    assert int(response.headers["Retry-After"]) > 0


def test_of_a_form_sent_eight_times_at_once_one_passes(app: Flask, client: FlaskClient) -> None:
    form = shown(client)
    with ThreadPoolExecutor(8) as threads:
        sent = [threads.submit(app.test_client().post, "/contact", data=form) for _ in range(8)]
    assert Counter(response.result().status_code for response in sent) == {200: 1, 403: 7}
