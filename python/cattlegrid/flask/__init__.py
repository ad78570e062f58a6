"""Cattlegrid for Flask: views that do not run unless the visitor passed.

    app.config["CATTLEGRID"] = {"PROVIDER": "gate", "SECRET_KEY": …, "STORE": "sqlite:/srv/spent.sqlite3"}
    Captcha(app)

    @app.post("/sign-up")
    @rate_limit("sign-ups", "5/1h")
    @require_stamp("sign-up")
    @require_captcha(action="sign-up")
    def sign_up(): …

A template has `{{ captcha_script() }}` in its head, and in the form `{{ stamp("sign-up") }}` and
`{{ captcha(action="sign-up") }}`.
"""

from __future__ import annotations

from cattlegrid._site.verification import Verification
from cattlegrid.flask.errors import (
    AddressRefused,
    CaptchaError,
    CaptchaMissing,
    CaptchaRefused,
    CaptchaUnavailable,
    GuardError,
    LetterError,
    LettersUnavailable,
    RateLimited,
    StampError,
    StampMissing,
    StampRefused,
    StampUnavailable,
)
from cattlegrid.flask.extension import Captcha
from cattlegrid.flask.guard import check_captcha, check_captcha_async, current_captcha, require_captcha
from cattlegrid.flask.rates import rate_limit
from cattlegrid.flask.routes import blueprint
from cattlegrid.flask.site import client_address
from cattlegrid.flask.stamps import require_stamp

__all__ = [
    "AddressRefused",
    "Captcha",
    "CaptchaError",
    "CaptchaMissing",
    "CaptchaRefused",
    "CaptchaUnavailable",
    "GuardError",
    "LetterError",
    "LettersUnavailable",
    "RateLimited",
    "StampError",
    "StampMissing",
    "StampRefused",
    "StampUnavailable",
    "Verification",
    "blueprint",
    "check_captcha",
    "check_captcha_async",
    "client_address",
    "current_captcha",
    "rate_limit",
    "require_captcha",
    "require_stamp",
]
