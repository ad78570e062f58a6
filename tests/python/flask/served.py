"""A site that gunicorn serves: its view says which process ran it."""

from __future__ import annotations

import os

from flask import Flask, render_template_string

from cattlegrid.flask import Captcha, rate_limit, require_captcha, require_stamp

app = Flask(__name__)
app.config["CATTLEGRID"] = {
    "PROVIDER": "gate",
    "SECRET_KEY": os.environ["SITE_SECRET"],
    "STORE": os.environ["SITE_STORE"],
    "RATE_LIMITS": {"client": "100000/1h"},
}
Captcha(app)


@app.get("/site-key")
def site_key() -> str:
    """What a page would say."""
    key: str = app.extensions["cattlegrid"].captcha.site_key
    return key


@app.route("/", methods=["GET", "POST"])
@require_captcha
def view() -> str:
    """Runs once for each token."""
    return str(os.getpid())


@app.route("/form", methods=["GET", "POST"])
@rate_limit("forms", "20/1h")
@require_stamp("form", least_age=0)
def form() -> str:
    """Takes each form once, and twenty in all."""
    return render_template_string("<form>{{ stamp('form') }}</form>")
