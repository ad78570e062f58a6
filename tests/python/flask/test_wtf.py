"""Beside Flask-WTF: its protection against forged requests, and the captcha as one more field of a form."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask, render_template_string
from flask_wtf import FlaskForm
from flask_wtf.csrf import CSRFProtect, generate_csrf
from pages import fields_of
from wtforms import Field, StringField, ValidationError
from wtforms.validators import DataRequired

from cattlegrid.flask import Captcha, CaptchaError, blueprint, check_captcha, require_captcha, require_stamp


class CaptchaField(Field):
    """As docs/flask.md has it."""

    def widget(self, field: Field, **_: Any) -> str:
        return render_template_string("{{ captcha(action=action) }}", action=field.name)

    def pre_validate(self, form: FlaskForm) -> None:
        if any(field.errors for field in form):
            return
        try:
            check_captcha(action=self.name)
        except CaptchaError as error:
            raise ValidationError(error.description) from error


class SignUp(FlaskForm):
    """As docs/flask.md has it."""

    name = StringField(validators=[DataRequired()])
    captcha = CaptchaField()


class Rename(FlaskForm):
    """A form for a view with the decorator."""

    name = StringField(validators=[DataRequired()])


@pytest.fixture
def app(settings: dict[str, Any]) -> Flask:
    app = Flask("wtf")
    app.config.update(CATTLEGRID=settings, TESTING=True, SECRET_KEY="forms")
    Captcha(app)
    csrf = CSRFProtect(app)
    csrf.exempt(blueprint)

    app.add_url_rule("/token", view_func=generate_csrf)

    @app.post("/guarded")
    @require_captcha
    def guarded() -> Any:
        form = Rename()
        return {"valid": form.validate_on_submit(), "name": form.name.data}

    @app.route("/field", methods=["GET", "POST"])
    def field() -> Any:
        form = SignUp()
        if form.validate_on_submit():
            return {"welcome": form.name.data}
        return render_template_string("{{ form.captcha }}{{ form.errors }}", form=form)

    @app.route("/stamped", methods=["GET", "POST"])
    @require_stamp("rename", least_age=0)
    def stamped() -> Any:
        form = Rename()
        if form.validate_on_submit():
            return {"name": form.name.data}
        page = "<form>{{ form.hidden_tag() }}{{ form.name }}{{ form.errors }}{{ stamp('rename') }}</form>"
        return render_template_string(page, form=form)

    return app


def test_the_guard_stands_before_the_form(app: Flask, earn: Callable[..., str]) -> None:
    client = app.test_client()
    form = {"csrf_token": client.get("/token").text, "name": "Ada"}
    assert client.post("/guarded", data=form).json == {"error-codes": ["missing-input-response"]}
    form["cattlegrid-response"] = earn(app)
    assert client.post("/guarded", data=form).json == {"valid": True, "name": "Ada"}


def test_a_field_of_the_form(app: Flask, earn: Callable[..., str]) -> None:
    client = app.test_client()
    assert "<cattlegrid-captcha" in client.get("/field").text
    form = {"csrf_token": client.get("/token").text, "name": "Ada"}
    assert "Please solve the CAPTCHA" in client.post("/field", data=form).text
    form["cattlegrid-response"] = earn(app, "captcha")
    assert "This field is required" in client.post("/field", data={**form, "name": ""}).text
    assert client.post("/field", data=form).json == {"welcome": "Ada"}
    assert "was not accepted" in client.post("/field", data=form).text


def test_a_stamp_beside_the_forms_own_fields(app: Flask) -> None:
    client = app.test_client()
    mistaken = client.post("/stamped", data={**fields_of(client.get("/stamped").text), "name": ""})
    assert "This field is required" in mistaken.text
    corrected = {**fields_of(mistaken.text), "name": "Ada"}
    assert client.post("/stamped", data=corrected).json == {"name": "Ada"}
    assert client.post("/stamped", data=corrected).json == {"error-codes": ["spent-stamp"]}
