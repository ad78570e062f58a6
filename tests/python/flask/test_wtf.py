"""Beside Flask-WTF: its protection against forged requests, and the captcha as one more field of a form."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask, render_template_string
from flask_wtf import FlaskForm
from flask_wtf.csrf import CSRFProtect, generate_csrf
from wtforms import Field, Form, StringField, ValidationError
from wtforms.validators import DataRequired

from cattlegrid.flask import Captcha, CaptchaError, blueprint, check_captcha, require_captcha


class CaptchaField(Field):
    """As docs/flask.md has it."""

    def widget(self, field: Field, **_: Any) -> str:
        return render_template_string("{{ captcha(action=name) }}", name=field.name)

    def pre_validate(self, form: Form) -> None:
        if form.errors:
            return
        try:
            check_captcha(action=self.name)
        except CaptchaError as error:
            raise ValidationError(error.description) from error


@pytest.fixture
def app(settings: dict[str, Any]) -> Flask:
    app = Flask("wtf")
    app.config.update(CATTLEGRID=settings, TESTING=True, SECRET_KEY="forms")
    Captcha(app)
    csrf = CSRFProtect(app)
    csrf.exempt(blueprint)

    class SignUp(FlaskForm):
        name = StringField(validators=[DataRequired()])

    app.add_url_rule("/token", view_func=generate_csrf)

    @app.post("/guarded")
    @require_captcha
    def guarded() -> Any:
        form = SignUp()
        return {"valid": form.validate_on_submit(), "name": form.name.data}

    return app


def test_the_guard_stands_before_the_form(app: Flask, earn: Callable[..., str]) -> None:
    client = app.test_client()
    form = {"csrf_token": client.get("/token").text, "name": "Ada"}
    assert client.post("/guarded", data=form).json == {"error-codes": ["missing-input-response"]}
    form["cattlegrid-response"] = earn(app)
    assert client.post("/guarded", data=form).json == {"valid": True, "name": "Ada"}
