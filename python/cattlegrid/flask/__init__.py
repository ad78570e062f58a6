"""Cattlegrid for Flask: views that do not run unless the visitor passed.

    app.config["CATTLEGRID"] = {"PROVIDER": "gate", "SECRET_KEY": …, "STORE": "sqlite:/srv/spent.sqlite3"}
    Captcha(app)

    @app.post("/sign-up")
    @require_captcha(action="sign-up")
    def sign_up(): …

A template has `{{ captcha_script() }}` in its head and `{{ captcha(action="sign-up") }}` in the form.
"""

from __future__ import annotations

from cattlegrid._site.verification import Verification
from cattlegrid.flask.errors import CaptchaError, CaptchaMissing, CaptchaRefused, CaptchaUnavailable
from cattlegrid.flask.extension import Captcha
from cattlegrid.flask.guard import check_captcha, check_captcha_async, current_captcha, require_captcha
from cattlegrid.flask.routes import blueprint

__all__ = [
    "Captcha",
    "CaptchaError",
    "CaptchaMissing",
    "CaptchaRefused",
    "CaptchaUnavailable",
    "Verification",
    "blueprint",
    "check_captcha",
    "check_captcha_async",
    "current_captcha",
    "require_captcha",
]
