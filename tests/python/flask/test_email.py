"""Addresses that are confirmed by letter."""

from __future__ import annotations

import os
import re
import smtplib
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from flask import Flask, current_app
from flask.testing import FlaskClient
from flask_wtf.csrf import CSRFProtect
from jinja2 import DictLoader
from mail import MailServer, mail_server, parts_of, token_in
from pages import fields_of

from cattlegrid import ConfigurationError, generate_secret
from cattlegrid._site import delivery, outbox
from cattlegrid.flask import Captcha, LetterError
from cattlegrid.flask.email import EmailConfirmation, Letter
from cattlegrid.testing import layers_pass

ANSWER = "If the address is one of ours, a letter is on its way."
WAIT = 60.0


class Shop:
    """A site that confirms addresses: all that a test may want to change, or to know."""

    def __init__(self, port: int) -> None:
        self.port = port
        self.accounts = {"ada@example.org": "4711"}
        self.look_up: Callable[[str], str | None] = self.accounts.get
        self.confirmed: list[tuple[str, str]] = []
        self.letters = EmailConfirmation("sign-up", "https://shop.example/confirm", self.send)

    def send(self, letter: Letter) -> None:
        """As docs/email.md has it."""
        assert current_app.name == "shop"
        with smtplib.SMTP("127.0.0.1", self.port, timeout=WAIT) as smtp:
            smtp.send_message(letter.message("The Shop <no-reply@shop.example>"))

    def app(self, settings: dict[str, Any], **config: Any) -> Flask:
        """The site in Flask."""
        app = Flask("shop")
        app.config.update(CATTLEGRID=settings, SECRET_KEY="forms", **config)
        Captcha(app)

        @app.context_processor
        def wants_a_request() -> dict[str, str]:
            from flask import request

            return {"here": request.path}

        @app.post("/again/<address>")
        def again(address: str) -> str:
            self.letters.ask(address, lambda to: self.look_up(to))
            return ANSWER

        @app.post("/again-awaited/<address>")
        async def again_awaited(address: str) -> str:
            await self.letters.ask_async(address, lambda to: self.look_up(to))
            return ANSWER

        @app.route("/confirm", methods=["GET", "POST"])
        @self.letters.confirms
        def confirm(whom: Any) -> str:
            self.confirmed.append((whom.address, whom.subject))
            return f"Welcome, {whom.address}!"

        @app.route("/confirm-awaited", methods=["GET", "POST"])
        @self.letters.confirms
        async def confirm_awaited(whom: Any) -> str:
            self.confirmed.append((whom.address, whom.subject))
            return f"Welcome, {whom.address}!"

        return app


@pytest.fixture
def settings(settings: dict[str, Any]) -> dict[str, Any]:
    """Those of a site that sends letters, which goes about it as a site in use does."""
    return {**settings, "SITE_NAME": "The <Shop>"}


@pytest.fixture
def post_office(monkeypatch: pytest.MonkeyPatch) -> Iterator[MailServer]:
    """The mail server."""
    monkeypatch.setattr(delivery, "PAUSES", (0.0, 0.0, 0.0))
    with mail_server() as server:
        yield server
        server.open.set()
        assert outbox.outbox().finish(WAIT) == 0


@pytest.fixture
def shop(post_office: MailServer) -> Shop:
    return Shop(post_office.port)


@pytest.fixture
def client(shop: Shop, settings: dict[str, Any]) -> FlaskClient:
    return shop.app(settings).test_client()


def ask(client: FlaskClient, address: str = "ada@example.org", path: str = "/again", **more: Any) -> Any:
    return client.post(f"{path}/{address}", **more)


def sent(post_office: MailServer) -> list[Any]:
    """All letters, when no more is to be done."""
    assert outbox.outbox().finish(WAIT) == 0
    return post_office.letters


def link(client: FlaskClient, post_office: MailServer) -> str:
    """The token in a letter that somebody has got."""
    assert ask(client).text == ANSWER
    return token_in(parts_of(sent(post_office)[-1])["text/plain"])


@pytest.mark.parametrize("path", ["/confirm", "/confirm-awaited"])
def test_a_letter_a_page_and_a_button(
    client: FlaskClient, shop: Shop, post_office: MailServer, path: str
) -> None:
    token = link(client, post_office)
    for _ in range(3):
        page = client.get(path, query_string={"token": token})
        assert page.status_code == 200
        assert "ada@example.org" in page.text
        assert "The &lt;Shop&gt;" in page.text
        assert page.headers["Cache-Control"] == "no-store"
        assert page.headers["Referrer-Policy"] == "strict-origin"
    assert shop.confirmed == []
    assert client.post(path, data=fields_of(page.text)).text == "Welcome, ada@example.org!"
    assert shop.confirmed == [("ada@example.org", "4711")]


def test_the_letter_is_a_letter(client: FlaskClient, post_office: MailServer) -> None:
    ask(client, base_url="http://evil.example")
    (letter,) = sent(post_office)
    assert letter["To"] == "ada@example.org"
    assert letter["From"] == "The Shop <no-reply@shop.example>"
    assert letter["Subject"] == "Confirm your e-mail address for The <Shop>"
    assert letter["Auto-Submitted"] == "auto-generated"
    assert letter["Message-ID"].endswith("@shop.example>")
    parts = parts_of(letter)
    address = f"https://shop.example/confirm?token={token_in(parts['text/plain'])}"
    assert f"\n{address}\n" in parts["text/plain"]
    assert "this address to The <Shop>." in parts["text/plain"]
    assert "for this long: 1 day." in parts["text/plain"]
    assert f'href="{address}"' in parts["text/html"]
    assert "this address to The &lt;Shop&gt;." in parts["text/html"]


def test_nobody_learns_from_the_answer_who_has_an_account(
    client: FlaskClient, post_office: MailServer
) -> None:
    post_office.open.clear()
    known, unknown = ask(client), ask(client, "bob@example.org")
    assert post_office.letters == []
    assert (known.status, known.data, list(known.headers)) == (
        unknown.status,
        unknown.data,
        list(unknown.headers),
    )
    post_office.open.set()
    assert [letter["To"] for letter in sent(post_office)] == ["ada@example.org"]


@pytest.mark.parametrize("path", ["/again", "/again-awaited"])
def test_the_answer_does_not_wait_for_the_looking_up(
    client: FlaskClient, shop: Shop, post_office: MailServer, path: str
) -> None:
    answered = threading.Event()

    def slow(address: str) -> str:
        assert answered.wait(WAIT)
        return address

    shop.look_up = slow
    assert ask(client, path=path).text == ANSWER
    assert post_office.attempts == 0
    answered.set()
    assert len(sent(post_office)) == 1


@pytest.mark.parametrize("path", ["/confirm", "/confirm-awaited"])
def test_a_link_works_once(client: FlaskClient, shop: Shop, post_office: MailServer, path: str) -> None:
    token = link(client, post_office)
    app = client.application

    def press(_: int) -> int:
        return app.test_client().post(path, data={"token": token}).status_code

    with ThreadPoolExecutor(16) as pool:
        assert sorted(pool.map(press, range(16))) == [200] + [400] * 15
    assert len(shop.confirmed) == 1
    assert "used before" in client.post(path, data={"token": token}).text


@pytest.mark.parametrize("path", ["/confirm", "/confirm-awaited"])
@pytest.mark.parametrize("garbage", ["", "x", "x" * 100_000, "\0", "é"])
def test_what_is_no_link_confirms_nothing(client: FlaskClient, shop: Shop, path: str, garbage: str) -> None:
    for page in (
        client.get(path, query_string={"token": garbage}),
        client.post(path, data={"token": garbage}),
    ):
        assert page.status_code == 400
        assert "ask for a new letter" in page.text
        assert page.headers["Referrer-Policy"] == "strict-origin"
    assert shop.confirmed == []


def test_letters_are_counted_by_address_and_by_client(client: FlaskClient) -> None:
    for address in ("ada@example.org", "Ada@example.org", "ada+1@example.org"):
        assert ask(client, address).status_code == 200
    refused = ask(client, "ada+2@example.org")
    assert (refused.status_code, refused.json) == (429, {"error-codes": ["rate-limited"]})
    assert int(refused.headers["Retry-After"]) > 0
    assert "r=0" in refused.headers["RateLimit"]
    elsewhere = {"environ_base": {"REMOTE_ADDR": "198.51.100.7"}}
    assert ask(client, "ada@example.org", **elsewhere).status_code == 429
    assert ask(client, "bob@example.org", **elsewhere).status_code == 200


def test_what_is_refused_is_an_error_that_the_app_can_handle(
    client: FlaskClient, shop: Shop, settings: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    refused = ask(client, "nobody")
    assert (refused.status_code, refused.json) == (400, {"error-codes": ["email-invalid"]})
    monkeypatch.setattr(outbox, "MOST_WAITING", 0)
    refused = ask(client)
    assert (refused.status_code, refused.json) == (503, {"error-codes": ["overloaded"]})
    assert refused.headers["Retry-After"] == "1"
    app = shop.app(settings)
    app.register_error_handler(LetterError, lambda error: (error.description, 418))
    refused = ask(app.test_client())
    assert refused.status_code == 418
    assert refused.text == "No letter can be sent at the moment. Please try again later."


def test_a_mail_server_that_is_away_is_tried_again_and_then_logged_without_the_address(
    client: FlaskClient, shop: Shop, post_office: MailServer, caplog: pytest.LogCaptureFixture
) -> None:
    post_office.replies = ["451 later, ada@example.org", "451 later"]
    ask(client)
    assert len(sent(post_office)) == 1
    post_office.replies = ["451 later, ada@example.org"] * 3
    ask(client)
    assert len(sent(post_office)) == 1
    assert post_office.attempts == 6
    assert "a letter was not sent: SMTPDataError 451 at " in caplog.text
    shop.port = 1
    ask(client)
    assert len(sent(post_office)) == 1
    assert "a letter was not sent: ConnectionRefusedError at " in caplog.text
    assert "ada@example.org" not in caplog.text


def test_the_app_s_own_templates_come_first(
    shop: Shop, settings: dict[str, Any], post_office: MailServer, tmp_path: Path
) -> None:
    folder = tmp_path / "templates" / "cattlegrid" / "email" / "sign-up"
    folder.mkdir(parents=True)
    (folder / "letter.txt").write_text("Hello! {{ link }}")
    (folder / "confirm.html").write_text("At {{ here }}: {{ address }}")
    app = shop.app(settings)
    app.jinja_loader.searchpath.insert(0, str(tmp_path / "templates"))  # type: ignore[union-attr]
    client = app.test_client()
    token = link(client, post_office)
    (letter,) = post_office.letters
    assert parts_of(letter)["text/plain"].startswith("Hello! https://shop.example/confirm?token=")
    assert client.get(f"/confirm?token={token}").text == "At /confirm: ada@example.org"


def test_the_page_has_its_style_from_the_site_itself(
    shop: Shop, settings: dict[str, Any], post_office: MailServer
) -> None:
    client = shop.app(settings).test_client()
    page = client.get(f"/confirm?token={link(client, post_office)}").text
    assert "style>" not in page
    assert "style=" not in page
    assert '<link rel="stylesheet" href="/captcha/confirm.css">' in page
    style = client.get("/captcha/confirm.css")
    assert (style.status_code, style.content_type) == (200, "text/css; charset=utf-8")


def test_the_button_has_the_token_of_what_guards_against_forged_requests(
    shop: Shop, settings: dict[str, Any], post_office: MailServer
) -> None:
    token = link(shop.app(settings).test_client(), post_office)
    app = shop.app(settings)
    CSRFProtect(app)
    client = app.test_client()
    # What a browser makes of the page's `Referrer-Policy`.
    browser = {"base_url": "https://shop.example", "headers": {"Referer": "https://shop.example/"}}
    assert client.post("/confirm", data={"token": token}, **browser).status_code == 400
    page = client.get(f"/confirm?token={token}", **browser)
    confirmed = client.post("/confirm", data=fields_of(page.text), **browser)
    assert confirmed.text == "Welcome, ada@example.org!"


def test_a_test_suite_finds_the_letter_when_the_answer_is_there(
    shop: Shop, settings: dict[str, Any], post_office: MailServer
) -> None:
    client = shop.app(settings, TESTING=True).test_client()
    with layers_pass():
        for turn in range(1, 6):
            ask(client)
            assert len(post_office.letters) == turn
    shop.port = 1
    with pytest.raises(ConnectionRefusedError), layers_pass():
        ask(client)


def test_the_documentation(
    shop: Shop, post_office: MailServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Smtp(smtplib.SMTP):
        """The mail server of the documentation, which wants a password."""

        def __init__(self, *_: object, timeout: float) -> None:
            super().__init__("127.0.0.1", post_office.port, timeout=timeout)

        def starttls(self, **_: object) -> Any:
            pass

        def login(self, *_: object, **__: object) -> Any:
            pass

    pages = (Path(__file__).parents[3] / "docs" / "email.md").read_text()
    (program,) = re.findall(r"^```python\nimport os\n(.*?)^```", pages, re.DOTALL | re.MULTILINE)
    monkeypatch.setattr(smtplib, "SMTP", Smtp)
    for name in ("CAPTCHA_SECRET", "MAIL_PASSWORD"):
        monkeypatch.setenv(name, generate_secret())
    ada = SimpleNamespace(id="4711", confirmed=False)
    site: dict[str, Any] = {
        "__name__": "documented",
        "os": os,
        "find_account": {"ada@example.org": ada}.get,
        "confirm_account": lambda *whom: shop.confirmed.append(whom),
    }
    exec(program.replace("/var/lib/site", str(tmp_path)), site)  # noqa: S102
    site["app"].jinja_loader = DictLoader({"on_its_way.html": ANSWER})
    client = site["app"].test_client()
    for name in ("ada", "bob"):
        assert client.post("/join", data={"email": f"{name}@example.org"}).text == ANSWER
    (letter,) = sent(post_office)
    page = client.get("/confirm", query_string={"token": token_in(parts_of(letter)["text/plain"])})
    assert client.post("/confirm", data=fields_of(page.text)).location == "/welcome"
    assert shop.confirmed == [("4711", "ada@example.org")]


@pytest.mark.parametrize(
    "page", ["/confirm", "confirm", "ftp://shop.example", "https://", "https://a.example/#b"]
)
def test_a_page_that_is_no_whole_address_is_named(shop: Shop, settings: dict[str, Any], page: str) -> None:
    shop.letters = EmailConfirmation("sign-up", page, shop.send)
    client = shop.app(settings, PROPAGATE_EXCEPTIONS=True).test_client()
    with pytest.raises(ConfigurationError, match="must be a whole address"):
        ask(client)
