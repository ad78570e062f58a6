"""A site that gunicorn serves: its view says which process ran it."""

from __future__ import annotations

import os

from flask import Flask

from cattlegrid.flask import Captcha, require_captcha

app = Flask(__name__)
app.config["CATTLEGRID"] = {
    "PROVIDER": "gate",
    "SECRET_KEY": os.environ["SITE_SECRET"],
    "STORE": os.environ["SITE_STORE"],
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
