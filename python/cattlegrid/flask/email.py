"""Confirming e-mail addresses. `docs/email.md` shows it whole."""

from __future__ import annotations

import functools
import inspect
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, field
from email.message import EmailMessage
from email.utils import parseaddr
from typing import Any

from flask import Flask, Response, current_app, make_response, render_template, request
from jinja2 import Template

from cattlegrid import Refused, Unavailable
from cattlegrid._site import letter_words as words
from cattlegrid._site.letters import PAGE_HEADERS, Letters, Purpose, SubjectOf
from cattlegrid._site.token import SAFE_METHODS
from cattlegrid.flask import site
from cattlegrid.flask.errors import letter_error
from cattlegrid.flask.rates import noting

__all__ = ["EmailConfirmation", "Letter"]


@dataclass(frozen=True, repr=False)
class Letter:
    """What is to be sent."""

    to: str
    """An address, which is one word of ASCII."""
    subject: str
    """One line."""
    text: str
    html: str
    link: str
    """What is in both. It is to be sent to nobody else."""
    id: str = field(default_factory=lambda: uuid.uuid4().hex)
    """So that a letter that arrives twice can be told."""

    def message(self, sender: str) -> EmailMessage:
        """The letter as `smtplib` sends it. `sender` is such as `Shop <no-reply@shop.example>`."""
        message = EmailMessage()
        message["From"] = sender
        message["To"] = self.to
        message["Subject"] = self.subject
        message["Message-ID"] = f"<{self.id}@{parseaddr(sender)[1].rpartition('@')[2]}>"
        # Why: so nobody's holiday answers it (RFC 3834, 5).
        message["Auto-Submitted"] = "auto-generated"
        message.set_content(self.text)
        message.add_alternative(self.html, subtype="html")
        return message


class EmailConfirmation:
    """Asks by letter whether an address is somebody's, for one purpose.

    Made once, such as beside the app. The letter is rendered from `cattlegrid/email/subject.txt`,
    `letter.txt` and `letter.html`, the page from `confirm.html` and `refused.html`; templates of the app in
    `cattlegrid/email/NAME/` come first, and any of the app's own before ours.
    """

    def __init__(self, name: str, page: str, send: Callable[[Letter], object], **limits: Any) -> None:
        """`name` is 1 to 53 of `a-z 0-9 - _`. `page` is the whole address of the page that links lead to, as
        the site is configured. `send` sends a letter, in another thread and with the app's context, and
        raises what goes wrong: an `OSError` or a reply of 400 to 499 has it called twice more.

        `limits` are `lifetime`, how long a link works, in seconds (a day), `by_client` and `by_address`, how
        many letters a client may ask for and an address may get (`10/1h`, `3/1h`).
        """
        self.purpose = Purpose(name, page, **limits)
        self.send = send

    def ask(self, address: str, subject_of: SubjectOf) -> None:
        """Has a letter sent to the address, when the answer is on its way.

        `subject_of` is called then, in another thread and with the app's context, with the address: what it
        returns, such as the account's id, comes back with the link; None is for no letter. Everything that
        depends on whether the address is known belongs there, so that the answer does not. Raises
        `AddressRefused`, `RateLimited` and `LettersUnavailable`, which Flask answers with 400, 429 and 503.
        """
        letters = self._letters()
        with _http_errors():
            to = letters.admit(site.client_address(), address)
        self._hand_over(letters, to, subject_of)

    async def ask_async(self, address: str, subject_of: SubjectOf) -> None:
        """`ask` for asynchronous views. `subject_of` is no coroutine function."""
        letters = self._letters()
        with _http_errors():
            to = await letters.admit_async(site.client_address(), address)
        self._hand_over(letters, to, subject_of)

    def confirms(self, view: Callable[..., Any]) -> Callable[..., Any]:
        """Decorates what runs when an address is confirmed: `view(whom)`, a coroutine function or not, which
        writes it down and answers. `whom` has the `address` and the `subject`.

        It stands below a route for `GET` and `POST`. The page itself is ours: a `GET` shows the address and a
        button, as programs that look through mail open links as well; the button's `POST` confirms.
        """
        if inspect.iscoroutinefunction(view):

            @functools.wraps(view)
            async def page_async(*args: Any, **kwargs: Any) -> Any:
                if request.method in SAFE_METHODS:
                    return self._look()
                try:
                    whom = await self._letters().confirm_async(request.form.get("token", ""))
                except (Refused, Unavailable) as error:
                    return self._refused(error)
                return await view(whom, *args, **kwargs)

            return page_async

        @functools.wraps(view)
        def page(*args: Any, **kwargs: Any) -> Any:
            if request.method in SAFE_METHODS:
                return self._look()
            try:
                whom = self._letters().confirm(request.form.get("token", ""))
            except (Refused, Unavailable) as error:
                return self._refused(error)
            return view(whom, *args, **kwargs)

        return page

    def _look(self) -> Response:
        token = request.args.get("token", "")
        try:
            whom = self._letters().look(token)
        except Refused as error:
            return self._refused(error)
        action = request.script_root + request.path
        page = {**words.question(str), "address": whom.address, "token": token, "action": action}
        return self._page("confirm.html", page)

    def _refused(self, error: Refused | Unavailable) -> Response:
        refusal = words.letter_refusal(error)
        response = self._page("refused.html", {"title": refusal.message, "code": refusal.codes[0]})
        response.status_code = refusal.status
        response.headers.update(refusal.headers)
        return response

    def _page(self, template: str, page: dict[str, str]) -> Response:
        context = {**page, "site": self._letters().site_name}
        response = make_response(render_template(self._template(template), **context))
        response.headers.update(PAGE_HEADERS)
        return response

    def _hand_over(self, letters: Letters, to: str, subject_of: SubjectOf) -> None:
        app: Flask = current_app._get_current_object()  # type: ignore[attr-defined]
        # Why not always: a test's own context has what the test has not committed yet.
        context = nullcontext if letters.at_once else app.app_context

        def make() -> Letter | None:
            with context():
                subject = subject_of(to)
                return None if subject is None else self._written(letters, to, subject)

        def send(letter: Letter) -> None:
            with context():
                self.send(letter)

        letters.hand_over(make, send)

    def _written(self, letters: Letters, to: str, subject: str) -> Letter:
        link = letters.link(to, subject)
        parts = words.letter(str, letters.site_name, words.span(letters.lifetime))

        def rendered(template: str) -> str:
            # Why not `render_template`: the app's context processors may want a request, and there is none.
            return self._template(template).render(**parts, site=letters.site_name, link=link)

        line = " ".join(rendered("subject.txt").split())
        return Letter(to, line, rendered("letter.txt"), rendered("letter.html"), link)

    def _template(self, name: str) -> Template:
        names = [f"cattlegrid/email/{self.purpose.name}/{name}", f"cattlegrid/email/{name}"]
        return current_app.jinja_env.select_template(names)

    def _letters(self) -> Letters:
        return site.current_site().letters.of(self.purpose)


@contextmanager
def _http_errors() -> Iterator[None]:
    try:
        with noting():
            yield
    except (Refused, Unavailable) as error:
        raise letter_error(error) from error
