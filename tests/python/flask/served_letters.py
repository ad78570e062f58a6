"""A site that gunicorn serves: it writes to everybody, from whichever process was asked."""

from __future__ import annotations

import os
import smtplib

from flask import Flask, request

from cattlegrid import EmailSubject
from cattlegrid.flask import Captcha
from cattlegrid.flask.email import EmailConfirmation, Letter

app = Flask(__name__)
app.config["CATTLEGRID"] = {
    "PROVIDER": "gate",
    "SECRET_KEY": os.environ["SITE_SECRET"],
    "STORE": os.environ["SITE_STORE"],
    "SITE_NAME": "The Shop",
}
Captcha(app)


def send(letter: Letter) -> None:
    """To the mail server of the tests."""
    with smtplib.SMTP("127.0.0.1", int(os.environ["SITE_MAIL"]), timeout=60) as smtp:
        smtp.send_message(letter.message("no-reply@shop.example"))


letters = EmailConfirmation("sign-up", "https://shop.example/confirm", send, by_client="99/1h")


@app.post("/")
def ask() -> str:
    """Says which process was asked."""
    letters.ask(request.form["email"], lambda _: str(os.getpid()))
    return str(os.getpid())


@app.route("/confirm", methods=["GET", "POST"])
@letters.confirms
def confirm(whom: EmailSubject) -> str:
    """Says whose letter it was."""
    return whom.subject
