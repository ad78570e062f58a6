"""A site in Flask whose one form has the field of a package.

The variable `WEBSITE` says which, and the package's settings.
"""

from __future__ import annotations

import json
import os
from typing import Callable

from flask import Flask, render_template_string, request

website = json.loads(os.environ["WEBSITE"])
application = Flask(__name__)
application.config.update(SECRET_KEY="a secret of the tests", WTF_CSRF_ENABLED=False, **website["settings"])

PAGE = """<!doctype html><title>Sign up</title>
<form method="post" action="/">{{ captcha }}{{ xcaptcha }}<button>Send</button></form>{{ errors }}"""
WELCOME = "<h1>Welcome</h1>"


def flask_wtf() -> Callable[[], str]:
    """reCAPTCHA 2, as a field of a form."""
    from flask_wtf import FlaskForm, RecaptchaField

    class SignUp(FlaskForm):
        captcha = RecaptchaField()

    def view() -> str:
        form = SignUp()
        if form.validate_on_submit():
            return WELCOME
        return render_template_string(PAGE, captcha=form.captcha, errors=form.errors)

    return view


def flask_xcaptcha() -> Callable[[], str]:
    """Whichever provider the settings name."""
    from flask_xcaptcha import XCaptcha

    captcha = XCaptcha(app=application)

    def view() -> str:
        if request.method == "POST" and captcha.verify():
            return WELCOME
        errors = "Refused" if request.method == "POST" else ""
        return render_template_string(PAGE, errors=errors)

    return view


application.add_url_rule("/", "page", globals()[website["view"]](), methods=["GET", "POST"])
