"""A seed shop: sign-up, contact, a catalogue by e-mail, and a JSON API, with pictures from this process."""

from __future__ import annotations

import os
import sqlite3
from contextlib import closing
from pathlib import Path

from flask import Blueprint, Flask, Response, current_app, redirect, render_template, request, url_for
from werkzeug.security import generate_password_hash
from werkzeug.wrappers import Response as AnyResponse

from cattlegrid import EmailSubject
from cattlegrid.flask import Captcha, GuardError, rate_limit, require_captcha, require_stamp
from cattlegrid.flask.email import EmailConfirmation, Letter

FOLDER = Path(__file__).resolve().parent

captcha = Captcha()
look = Blueprint("look", __name__, static_folder=FOLDER.parent / "look", static_url_path="/look")
pages = Blueprint("pages", __name__)
api = Blueprint("api", __name__, url_prefix="/api")


def create_app() -> Flask:
    """The site, as Flask and gunicorn start it: `shop:create_app()`."""
    data = Path(os.environ["SITE_DATA"])
    app = Flask(__name__)
    app.config.update(
        DATABASE=data / "site.sqlite3",
        MAIL=data / "mail",
        MAX_CONTENT_LENGTH=64 * 1024,
        # All processes of the site share the secret, and the store of what is spent.
        CATTLEGRID={
            "PROVIDER": "gate",
            "SECRET_KEY": os.environ["CAPTCHA_SECRET"],
            "STORE": f"sqlite:{data / 'spent.sqlite3'}",
            "SITE_NAME": "Seed Shop",
            "HOSTNAMES": ["127.0.0.1", "localhost"],
            # Every request, pictures and scripts included, by client address.
            "RATE_LIMITS": {"client": "600/1m"},
        },
    )
    captcha.init_app(app)
    app.register_blueprint(look)
    app.register_blueprint(pages)
    app.register_blueprint(api)
    app.after_request(content_security_policy)
    with app.app_context(), closing(database()) as connection:
        connection.executescript((FOLDER / "schema.sql").read_text())
    return app


def database() -> sqlite3.Connection:
    """A connection of one's own to the site's database, to be closed."""
    return sqlite3.connect(current_app.config["DATABASE"])


def keep(statement: str, *values: str) -> bool:
    """Whether the statement could be executed: not if what it adds is there."""
    with closing(database()) as connection:
        try:
            with connection:
                connection.execute(statement, values)
        except sqlite3.IntegrityError:
            return False
    return True


def known(statement: str, *values: str) -> bool:
    """Whether the statement finds anything."""
    with closing(database()) as connection:
        return connection.execute(statement, values).fetchone() is not None


def put_into_folder(letter: Letter) -> None:
    """For whoever tries the example. A site that others can reach hands its letters to `smtplib`."""
    folder: Path = current_app.config["MAIL"]
    folder.mkdir(exist_ok=True)
    message = letter.message("Seed Shop <no-reply@shop.example>")
    (folder / f"{letter.id}.eml").write_bytes(message.as_bytes())


readers = EmailConfirmation("catalogue", f"{os.environ['SITE_URL']}/catalogue/confirm", put_into_folder)


def content_security_policy(response: Response) -> Response:
    """Nothing from anywhere else, and nothing in line."""
    response.headers["Content-Security-Policy"] = (
        "default-src 'self'; frame-ancestors 'none'; form-action 'self'"
    )
    return response


@pages.errorhandler(GuardError)
def refused(error: GuardError) -> tuple[str, int]:
    """The form again, with what was typed and what was wrong."""
    return form(error.description, error.code)


def form(mistake: str, status: int) -> tuple[str, int]:
    """The page that was sent, with a mistake to put right."""
    page = str(request.endpoint).rpartition(".")[2]
    return render_template(f"{page}.html", mistake=mistake), status


@pages.route("/", methods=["GET", "POST"])
@rate_limit("sign-ups", "10/1h")
@require_stamp("sign-up")
@require_captcha(action="sign-up")
def sign_up() -> str | tuple[str, int] | AnyResponse:
    """The form; and, sent once, by nobody in a hurry, with a response token that passes, an account."""
    if request.method == "GET":
        return render_template("sign_up.html")
    name = request.form.get("name", "").strip()
    password = request.form.get("password", "")
    if not 1 <= len(name) <= 80:
        return form("Please give a name of up to 80 characters.", 422)
    if len(password) < 8:
        return form("Please choose a password of at least 8 characters.", 422)
    if not keep("INSERT INTO account VALUES (?, ?)", name, generate_password_hash(password)):
        return form("Somebody has this name already.", 422)
    return redirect(url_for("pages.thanks"), 303)


# Whoever fills in what nobody sees gets thanks, and no letter is kept.
@pages.route("/contact", methods=["GET", "POST"])
@rate_limit("letters", "10/1h")
@require_stamp("contact", pretend=lambda: redirect(url_for("pages.thanks"), 303))
@require_captcha(action="contact")
def contact() -> str | tuple[str, int] | AnyResponse:
    """The form; and, sent in the same way, a letter."""
    if request.method == "GET":
        return render_template("contact.html")
    email, message = request.form.get("email", ""), request.form.get("message", "").strip()
    if "@" not in email or not message:
        return form("Please give your e-mail address and a message.", 422)
    keep("INSERT INTO letter VALUES (?, ?)", email, message)
    return redirect(url_for("pages.thanks"), 303)


@pages.route("/catalogue", methods=["GET", "POST"])
@require_stamp("catalogue")
@require_captcha(action="catalogue")
def catalogue() -> str:
    """The form; and, sent in the same way, a letter to whoever does not get the catalogue yet."""
    if request.method == "GET":
        return render_template("catalogue.html")
    readers.ask(request.form.get("email", ""), newcomer)
    return render_template("on_its_way.html")


def newcomer(address: str) -> str | None:
    """Looked up after the answer, so that nobody learns from it who reads the catalogue."""
    return None if known("SELECT 1 FROM reader WHERE email = ?", address) else "catalogue"


@pages.route("/catalogue/confirm", methods=["GET", "POST"])
@readers.confirms
def confirm(whom: EmailSubject) -> AnyResponse:
    """Runs once for each link, when somebody who has read the letter presses the button."""
    keep("INSERT INTO reader VALUES (?)", whom.address)
    return redirect(url_for("pages.thanks"), 303)


@pages.get("/thanks")
def thanks() -> str:
    """Where the forms lead."""
    return render_template("thanks.html")


@pages.get("/wishes")
def wishes() -> str:
    """A page that uses the API by `fetch`."""
    return render_template("wishes.html")


@api.get("/wishes")
def list_wishes() -> list[str]:
    """The newest twenty wishes."""
    with closing(database()) as connection:
        rows = connection.execute("SELECT seed FROM wish ORDER BY rowid DESC LIMIT 20")
        return [seed for (seed,) in rows]


@api.post("/wishes")
@rate_limit("wishes", "30/1h")
@require_captcha(action="wish")
def add_wish() -> tuple[dict[str, str], int]:
    """Adds a wish, for a JSON body with `seed` and the response token."""
    body = request.get_json()
    seed = body.get("seed") if isinstance(body, dict) else None
    if not isinstance(seed, str) or not 1 <= len(seed.strip()) <= 80:
        return {"detail": "A wish has 1 to 80 characters."}, 422
    keep("INSERT INTO wish VALUES (?)", seed.strip())
    return {"seed": seed.strip()}, 201
