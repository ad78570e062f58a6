"""Addresses that are confirmed by letter."""

from __future__ import annotations

import asyncio
import re
import shutil
import sys
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any
from wsgiref.simple_server import make_server

import pytest
from django import forms
from django.core import mail
from django.core.checks import run_checks
from django.core.handlers.wsgi import WSGIHandler
from django.db import connections
from django.http import HttpResponse
from django.test import AsyncClient, Client, override_settings
from django.urls import path
from django.utils import translation
from mail import MailServer, mail_server, parts_of, token_in
from pages import fields_of
from rest_framework.response import Response
from rest_framework.views import APIView
from website_settings import SETTINGS
from website_support import SECRET, Settings

from cattlegrid import ConfigurationError
from cattlegrid._site import delivery, outbox
from cattlegrid.testing import layers_pass

if TYPE_CHECKING:
    from playwright.sync_api import Browser

with override_settings(**SETTINGS):
    import confirming
    from django.contrib.auth.models import User

ANSWER = b"If the address is one of ours, a letter is on its way."
WAIT = 60.0


@pytest.fixture(autouse=True)
def _club(gate: Settings, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    confirming.CONFIRMED.clear()
    monkeypatch.setattr(delivery, "PAUSES", (0.0, 0.0, 0.0))
    locmem = "django.core.mail.backends.locmem.EmailBackend"
    with override_settings(CATTLEGRID=gate, ROOT_URLCONF="confirming", EMAIL_BACKEND=locmem):
        mail.outbox = []
        yield
        assert outbox.outbox().finish(WAIT) == 0


@pytest.fixture(autouse=True)
def ada() -> Iterator[str]:
    """Whoever has signed up with `ada@example.org`; her account's id."""
    user = User.objects.create(username="ada", email="ada@example.org", is_active=False)
    pk = str(user.pk)
    yield pk
    user.delete()


@pytest.fixture
def post_office() -> Iterator[MailServer]:
    """A mail server that the site sends its letters to."""
    with mail_server() as server:
        smtp = "django.core.mail.backends.smtp.EmailBackend"
        with override_settings(
            EMAIL_BACKEND=smtp, EMAIL_HOST="127.0.0.1", EMAIL_PORT=server.port, EMAIL_TIMEOUT=WAIT
        ):
            yield server
            server.open.set()
            assert outbox.outbox().finish(WAIT) == 0


def ask(email: str = "ada@example.org", **more: Any) -> Any:
    return Client().post("/again", {"email": email, **more})


def letters() -> list[Any]:
    """What was sent, when all is."""
    assert outbox.outbox().finish(WAIT) == 0
    return mail.outbox


def token(path: str = "/again") -> str:
    """A link's, which somebody has got by letter."""
    assert Client().post(path, {"email": "ada@example.org"}).content == ANSWER
    return token_in(letters()[-1].body)


def test_a_letter_a_page_and_a_button(ada: str) -> None:
    link = token()
    client = Client()
    for _ in range(3):
        page = client.get("/confirm/", {"token": link})
        assert page.status_code == 200
        assert "ada@example.org" in page.text
        assert "The &lt;Club&gt;" in page.text
        assert f'value="{link}"' in page.text
        assert (page["Cache-Control"], page["Referrer-Policy"]) == ("no-store", "strict-origin")
    assert confirming.CONFIRMED == []
    assert client.post("/confirm/", {"token": link}).text == "Welcome, ada@example.org!"
    assert [("ada@example.org", ada)] == confirming.CONFIRMED
    assert User.objects.get(pk=ada).is_active


def test_the_letter_is_a_letter(post_office: MailServer) -> None:
    assert ask().content == ANSWER
    assert outbox.outbox().finish(WAIT) == 0
    (letter,) = post_office.letters
    assert letter["To"] == "ada@example.org"
    assert letter["From"] == "webmaster@localhost"
    assert letter["Subject"] == "Confirm your e-mail address for The <Club>"
    assert letter["Auto-Submitted"] == "auto-generated"
    assert letter["Message-ID"].endswith("@localhost>")
    parts = parts_of(letter)
    link = f"https://club.example/confirm/?token={token_in(parts['text/plain'])}"
    assert f"\n{link}\n" in parts["text/plain"]
    assert "this address to The <Club>." in parts["text/plain"]
    assert f'href="{link}"' in parts["text/html"]
    assert "this address to The &lt;Club&gt;." in parts["text/html"]
    assert "1\xa0day" in parts["text/plain"]


def test_nobody_learns_from_the_answer_who_has_an_account(post_office: MailServer) -> None:
    post_office.open.clear()
    # The mail server has taken no letter when the answers are here, and takes none before.
    known, unknown = ask("ada@example.org"), ask("bob@example.org")
    assert post_office.letters == []
    assert (known.status_code, known.content, dict(known.items())) == (
        unknown.status_code,
        unknown.content,
        dict(unknown.items()),
    )
    post_office.open.set()
    assert outbox.outbox().finish(WAIT) == 0
    assert [letter["To"] for letter in post_office.letters] == ["ada@example.org"]


@pytest.mark.parametrize("path", ["/again", "/again-awaited"])
def test_the_answer_does_not_wait_for_the_looking_up(path: str, monkeypatch: pytest.MonkeyPatch) -> None:
    answered = threading.Event()

    def slow(address: str) -> str:
        assert answered.wait(WAIT)
        return address

    monkeypatch.setattr(confirming, "look_up", slow)
    assert Client().post(path, {"email": "ada@example.org"}).content == ANSWER
    assert mail.outbox == []
    answered.set()
    assert [letter.to for letter in letters()] == [["ada@example.org"]]


def test_links_lead_where_the_site_is_configured() -> None:
    Client(SERVER_NAME="evil.example").post("/again", {"email": "ada@example.org"})
    (letter,) = letters()
    assert "https://club.example/confirm/?token=" in letter.body
    assert "evil.example" not in str(letter.message())


def test_a_letter_goes_after_the_transaction(monkeypatch: pytest.MonkeyPatch) -> None:
    looked: list[str] = []

    def nobody(address: str) -> None:
        looked.append(address)

    monkeypatch.setattr(confirming, "look_up", nobody)
    with pytest.raises(RuntimeError):
        ask(atomic="fails")
    assert letters() == []
    assert looked == []
    ask(atomic="succeeds")
    assert letters() == []
    assert looked == ["ada@example.org"]


@pytest.mark.parametrize("path", ["/confirm/", "/confirm-awaited/"])
def test_a_link_works_once(path: str) -> None:
    link = token()
    with ThreadPoolExecutor(16) as pool:
        pages = list(pool.map(lambda _: Client().post(path, {"token": link}), range(16)))
    assert sorted(page.status_code for page in pages) == [200] + [400] * 15
    assert len(confirming.CONFIRMED) == 1
    refused = next(page for page in pages if page.status_code == 400)
    assert "used before" in refused.text
    assert refused["Referrer-Policy"] == "strict-origin"
    assert refused["Cache-Control"] == "no-store"


@pytest.mark.parametrize("path", ["/confirm/", "/confirm-awaited/"])
@pytest.mark.parametrize("garbage", ["", "x", "x" * 100_000, "\0", "é", "a" * 800])
def test_what_is_no_link_confirms_nothing(path: str, garbage: str) -> None:
    for page in (Client().get(path, {"token": garbage}), Client().post(path, {"token": garbage})):
        assert page.status_code == 400
        assert "ask for a new letter" in page.text
    assert confirming.CONFIRMED == []


def test_another_purpose_s_link_confirms_nothing() -> None:
    link = token()
    assert Client().get("/news/confirm/", {"token": link}).status_code == 400
    assert Client().post("/news/confirm/", {"token": link}).status_code == 400
    assert Client().post("/confirm/", {"token": link}).status_code == 200


@pytest.mark.parametrize("path", ["/confirm/", "/confirm-awaited/"])
@pytest.mark.parametrize("method", ["put", "patch", "delete", "options"])
def test_no_other_method_does_anything(path: str, method: str) -> None:
    link = token()
    answer = getattr(Client(), method)(f"{path}?token={link}", {"token": link})
    assert answer.status_code == 405
    assert confirming.CONFIRMED == []


def test_a_link_in_the_address_confirms_nothing_even_by_post() -> None:
    assert Client().post(f"/confirm/?token={token()}").status_code == 400
    assert confirming.CONFIRMED == []


def test_letters_are_counted_by_address_and_by_client() -> None:
    for name in ("ada@example.org", "Ada@example.org", "ada+1@example.org"):
        assert ask(name).content == ANSWER
    refused = ask("ada+2@example.org")
    assert refused.status_code == 429
    assert int(refused["Retry-After"]) > 0
    assert refused.text == "* There were too many requests. Please try again later."
    for turn in range(6):
        assert ask(f"bob{turn}@example.org").status_code == 200
    assert ask("carol@example.org").status_code == 429
    other = Client(REMOTE_ADDR="198.51.100.7")
    assert other.post("/again", {"email": "carol@example.org"}).status_code == 200
    assert other.post("/again", {"email": "ada@example.org"}).status_code == 429


@pytest.mark.parametrize(
    ("email", "said"),
    [
        ("nobody", "no e-mail address"),
        ("ada@example.org\r\nBcc: bob@example.org", "no e-mail address"),
        ("zoë@example.org", "before its @"),
    ],
)
def test_what_cannot_be_written_to_is_told(email: str, said: str) -> None:
    refused = ask(email)
    assert refused.status_code == 400
    assert said in refused.text
    assert letters() == []


def test_what_the_mail_server_does_not_take_for_now_is_tried_again(post_office: MailServer) -> None:
    post_office.replies = ["451 later", "451 later"]
    ask()
    assert outbox.outbox().finish(WAIT) == 0
    assert [letter["To"] for letter in post_office.letters] == ["ada@example.org"]
    assert post_office.attempts == 3


def test_what_it_never_takes_is_logged_without_the_address(
    post_office: MailServer, caplog: pytest.LogCaptureFixture
) -> None:
    post_office.replies = ["550 no such user ada@example.org"]
    ask()
    assert outbox.outbox().finish(WAIT) == 0
    assert post_office.attempts == 1
    assert "a letter was not sent: SMTPDataError 550 at " in caplog.text
    assert "ada@example.org" not in caplog.text


def test_a_mistake_in_the_looking_up_is_logged_without_the_address(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def mistaken(address: str) -> str:
        raise LookupError(address)

    monkeypatch.setattr(confirming, "look_up", mistaken)
    assert ask().content == ANSWER
    assert letters() == []
    assert f"a letter was not made: LookupError at {__file__}:" in caplog.text
    assert "ada@example.org" not in caplog.text


def test_threads_that_send_keep_no_connection_to_the_database(monkeypatch: pytest.MonkeyPatch) -> None:
    used: list[Any] = []

    def noticed(address: str) -> str | None:
        used.append(connections["default"])
        return confirming.account_of(address)

    monkeypatch.setattr(confirming, "look_up", noticed)
    ask()
    assert len(letters()) == 1
    assert [connection.connection for connection in used] == [None]


def test_the_letter_speaks_the_visitor_s_language() -> None:
    with translation.override("de"):
        ask()
    (letter,) = letters()
    assert letter.subject == "Bestätigen Sie Ihre E-Mail-Adresse für The <Club>"
    assert "1\xa0Tag" in letter.body


def test_the_site_s_own_templates_come_first(tmp_path: Path) -> None:
    folder = tmp_path / "cattlegrid" / "email" / "sign-up"
    folder.mkdir(parents=True)
    (folder / "letter.txt").write_text("Hello! {{ link }}")
    (folder / "confirm.html").write_text("Our own page for {{ address }}")
    with override_settings(TEMPLATES=[{**SETTINGS["TEMPLATES"][0], "DIRS": [str(tmp_path)]}]):
        link = token()
        assert letters()[-1].body.startswith("Hello! https://club.example/confirm/?token=")
        assert Client().get("/confirm/", {"token": link}).text == "Our own page for ada@example.org"


def test_too_many_that_wait_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(outbox, "MOST_WAITING", 0)
    refused = ask()
    assert refused.status_code == 503
    assert refused.text == "* No letter can be sent at the moment. Please try again later."


def test_a_store_that_fails_confirms_nothing(gate: Settings, tmp_path: Path) -> None:
    link = token()
    folder = tmp_path / "mounted"
    folder.mkdir()
    with override_settings(CATTLEGRID={**gate, "STORE": f"sqlite:{folder}/spent.sqlite3"}):
        assert Client().get("/confirm/", {"token": link}).status_code == 200
        shutil.rmtree(folder)
        page = Client().post("/confirm/", {"token": link})
    assert page.status_code == 503
    assert page["Retry-After"] == "1"
    assert confirming.CONFIRMED == []


@pytest.mark.parametrize("path", ["/again", "/again-awaited"])
def test_a_test_suite_finds_the_letter_when_the_answer_is_there(gate: Settings, path: str) -> None:
    with override_settings(CATTLEGRID={**gate, "TESTING": True}), layers_pass():
        for turn in range(1, 6):
            Client().post(path, {"email": "ada@example.org"})
            assert len(mail.outbox) == turn


def test_a_test_suite_hears_of_mistakes(gate: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(confirming, "look_up", lambda address: {}[address])
    with override_settings(CATTLEGRID={**gate, "TESTING": True}), pytest.raises(KeyError):
        ask()


def test_coroutines_ask_and_confirm() -> None:
    async def visit() -> list[bytes]:
        client = AsyncClient()
        asked = await client.post("/again-awaited", {"email": "ada@example.org"})
        link = token_in(letters()[-1].body)
        shown = await client.get("/confirm-awaited/", {"token": link})
        assert shown.status_code == 200
        confirmed = await client.post("/confirm-awaited/", {"token": link})
        return [asked.content, confirmed.content]

    assert asyncio.run(visit()) == [ANSWER, b"Welcome, ada@example.org!"]


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"SITE_NAME": None}, "SITE_NAME is missing"),
        ({"PROVIDER": "turnstile", "SITE_KEY": "site", "SECRET_KEY": SECRET}, "SEAL_KEY is missing"),
    ],
)
def test_what_is_missing_is_named(gate: Settings, settings: Settings, message: str) -> None:
    with override_settings(CATTLEGRID={**gate, **settings}):
        with pytest.raises(ConfigurationError, match=message):
            ask()
        (found,) = (error for error in run_checks() if message in error.msg)
    assert found.id == "cattlegrid.E006"
    assert 'EmailConfirmation("sign-up")' in str(found.hint)


DOCUMENTED = re.compile(r"^```python\n# (?:letters|views|api)\.py\n(.*?)^```", re.DOTALL | re.MULTILINE)


class Join(forms.Form):
    """What the documentation calls a form."""

    email = forms.CharField()


def test_the_documentation(ada: str, monkeypatch: pytest.MonkeyPatch) -> None:
    site = ModuleType("documented")
    site.__dict__.update(APIView=APIView, Response=Response)
    site.__dict__.update(User=User, JoinForm=Join, redirect=lambda _: HttpResponse("Welcome!"))
    site.__dict__["render"] = lambda _, page, context={}: HttpResponse([page, str(context.get("form", ""))])
    for program in DOCUMENTED.findall((Path(__file__).parents[3] / "docs" / "email.md").read_text()):
        exec(program, site.__dict__)  # noqa: S102
    site.__dict__["urlpatterns"] = [
        path("join/", site.join),
        path("confirm/", site.confirm),
        path("api/", site.Join.as_view()),
    ]
    monkeypatch.setitem(sys.modules, "documented", site)
    client = Client()
    with override_settings(ROOT_URLCONF="documented"):
        for name in ("ada", "bob"):
            assert client.post("/join/", {"email": f"{name}@example.org"}).text == "on_its_way.html"
        assert "no e-mail address" in client.post("/join/", {"email": "nobody"}).text
        for email, status in (("bob@example.org", 202), ("nobody", 400), (None, 400), (["ada"], 400)):
            answer = client.post("/api/", {"email": email}, content_type="application/json")
            assert answer.status_code == status
        assert answer.json()["error-codes"] == ["email-invalid"]
        (letter,) = letters()
        page = client.get("/confirm/", {"token": token_in(letter.body)})
        assert client.post("/confirm/", fields_of(page.text)).text == "Welcome!"
    assert User.objects.get(pk=ada).is_active


@pytest.fixture
def club_s_page() -> Iterator[str]:
    """Where the site is for a browser, with Django's guard against forged requests."""
    guarded = [*SETTINGS["MIDDLEWARE"], "django.middleware.csrf.CsrfViewMiddleware"]
    with override_settings(MIDDLEWARE=guarded), make_server("127.0.0.1", 0, WSGIHandler()) as server:
        server.RequestHandlerClass.log_message = lambda *_: None  # type: ignore[method-assign]
        thread = threading.Thread(target=server.serve_forever, args=(0.02,))
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


@pytest.mark.usefixtures("django_beside_a_browser")
def test_the_button_can_be_pressed_in_a_browser(ada: str, club_s_page: str, browser: Browser) -> None:
    link = token()
    page = browser.new_page()
    page.goto(f"{club_s_page}/confirm/?token={link}")
    assert page.get_by_role("heading").inner_text() == "Is this address yours?"
    assert page.locator("form").inner_text().strip() == "Yes, it is mine"
    assert confirming.CONFIRMED == []
    page.get_by_role("button").click()
    page.get_by_text("Welcome, ada@example.org!").wait_for()
    assert [("ada@example.org", ada)] == confirming.CONFIRMED
    page.goto(f"{club_s_page}/confirm/?token={link}")
    page.get_by_role("button").click()
    page.get_by_text("This link was used before.").wait_for()
    page.close()
