"""Confirming e-mail addresses, with Django's mail. `docs/email.md` shows it whole."""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping
from datetime import timedelta
from email.utils import make_msgid, parseaddr
from typing import Any, cast

from asgiref.sync import iscoroutinefunction, sync_to_async
from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.mail import EmailMultiAlternatives
from django.db import connection, connections, transaction
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.timesince import timesince
from django.utils.translation import get_language, gettext, override

from cattlegrid import Refused, Unavailable
from cattlegrid._site import letter_words as words
from cattlegrid._site.letters import PAGE_HEADERS, Letters, Purpose, SubjectOf
from cattlegrid._site.site import Site
from cattlegrid._site.verification import Limited
from cattlegrid.django import layers, requests
from cattlegrid.django.conf import site

__all__ = ["EmailConfirmation", "LetterRefused"]


class LetterRefused(ValidationError):
    """No letter is sent, whoever the address belongs to: `form.add_error("email", error)` says so."""

    def __init__(self, error: words.NoLetter) -> None:
        """`status` and `headers` are what an answer may have."""
        refusal = words.letter_refusal(error)
        super().__init__(gettext(refusal.message), code=refusal.codes[0])
        self.status = refusal.status
        self.headers = refusal.headers


class EmailConfirmation:
    """Asks by letter whether an address is somebody's, for one purpose.

    Made once, such as in a module of its own. The letter is rendered from `cattlegrid/email/subject.txt`,
    `letter.txt` and `letter.html`, the page from `confirm.html` and `refused.html`; templates of the site in
    `cattlegrid/email/NAME/` come first, and any of the site's own before ours.
    """

    def __init__(self, name: str, page: str, *, from_email: str | None = None, **limits: Any) -> None:
        """`name` is 1 to 53 of `a-z 0-9 - _`. `page` is the whole address of the page that links lead to, as
        the site is configured. `from_email` stands in for `DEFAULT_FROM_EMAIL`.

        `limits` are `lifetime`, how long a link works, in seconds (a day), `by_client` and `by_address`, how
        many letters a client may ask for and an address may get (`10/1h`, `3/1h`).
        """
        self.purpose = Purpose(name, page, **limits)
        self.from_email = from_email
        layers.note(self)

    def __str__(self) -> str:
        """What the site's developer wrote."""
        return f'EmailConfirmation("{self.purpose.name}")'

    def prepare(self, site: Site) -> None:
        """Makes what it needs. Raises `ConfigurationError`."""
        site.letters.of(self.purpose)

    def ask(self, request: HttpRequest, address: str, subject_of: SubjectOf) -> None:
        """Has a letter sent to the address, when the transaction is committed and the answer is on its way.

        `subject_of` is called then, in another thread, with the address: what it returns, such as the
        account's id, comes back with the link; None is for no letter. Everything that depends on whether the
        address is known belongs there, so that the answer does not. Raises `LetterRefused`.
        """
        letters = self._letters()
        try:
            to = letters.admit(requests.client_address(request), address)
        except (Refused, Limited, Unavailable) as error:
            raise LetterRefused(error) from None
        self._hand_over(letters, to, subject_of)

    async def aask(self, request: HttpRequest, address: str, subject_of: SubjectOf) -> None:
        """`ask` for asynchronous views. `subject_of` is no coroutine function."""
        letters = self._letters()
        try:
            to = await letters.admit_async(requests.client_address(request), address)
        except (Refused, Limited, Unavailable) as error:
            raise LetterRefused(error) from None
        await sync_to_async(self._hand_over)(letters, to, subject_of)

    def confirms(self, view: Callable[..., Any]) -> Callable[..., Any]:
        """Decorates what runs when an address is confirmed: `view(request, whom)`, a coroutine function or
        not, which writes it down and answers. `whom` has the `address` and the `subject`.

        The page itself is ours. A `GET` shows the address and a button, as programs that look through mail
        open links as well; the button's `POST` confirms.
        """
        decorated = (self._async if iscoroutinefunction(view) else self._sync)(view)
        # Why: whoever has just signed up is not signed in.
        decorated.login_required = False  # type: ignore[attr-defined]
        return decorated

    def _sync(self, view: Callable[..., Any]) -> Callable[..., Any]:
        @functools.wraps(view)
        def page(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
            if request.method != "POST":
                return self._look(request)
            try:
                whom = self._letters().confirm(request.POST.get("token", ""))
            except (Refused, Unavailable) as error:
                return self._refused(request, error)
            return cast("HttpResponseBase", view(request, whom, *args, **kwargs))

        return page

    def _async(self, view: Callable[..., Any]) -> Callable[..., Any]:
        @functools.wraps(view)
        async def page(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
            if request.method != "POST":
                return await sync_to_async(self._look)(request)
            try:
                whom = await self._letters().confirm_async(request.POST.get("token", ""))
            except (Refused, Unavailable) as error:
                return await sync_to_async(self._refused)(request, error)
            return cast("HttpResponseBase", await view(request, whom, *args, **kwargs))

        return page

    def _look(self, request: HttpRequest) -> HttpResponse:
        if request.method not in ("GET", "HEAD"):
            return HttpResponseNotAllowed(["GET", "HEAD", "POST"])
        token = request.GET.get("token", "")
        try:
            whom = self._letters().look(token)
        except Refused as error:
            return self._refused(request, error)
        page = {**words.question(gettext), "address": whom.address, "token": token, "action": request.path}
        return self._page(request, "confirm.html", page)

    def _refused(self, request: HttpRequest, error: Refused | Unavailable) -> HttpResponse:
        refusal = words.letter_refusal(error)
        page = {"title": gettext(refusal.message), "code": refusal.codes[0]}
        response = self._page(request, "refused.html", page)
        response.status_code = refusal.status
        return _with(response, refusal.headers)

    def _page(self, request: HttpRequest, template: str, page: dict[str, str]) -> HttpResponse:
        context = {**page, "site": self._letters().site_name}
        return _with(render(request, self._templates(template), context), PAGE_HEADERS)

    def _hand_over(self, letters: Letters, to: str, subject_of: SubjectOf) -> None:
        language = get_language()

        def make() -> EmailMultiAlternatives | None:
            subject = subject_of(to)
            if subject is None:
                return None
            with override(language):
                return self._written(letters, to, letters.link(to, subject))

        send = EmailMultiAlternatives.send
        if letters.at_once:
            letters.hand_over(make, send)
        elif connection.in_atomic_block:
            transaction.on_commit(lambda: letters.hand_over(_closing(make), _closing(send)))
        else:
            letters.hand_over(_closing(make), _closing(send))

    def _written(self, letters: Letters, to: str, link: str) -> EmailMultiAlternatives:
        now = timezone.now()
        # Why: Django's own words, which every language has.
        span = timesince(now - timedelta(seconds=letters.lifetime), now)
        context = {**words.letter(gettext, letters.site_name, span), "site": letters.site_name, "link": link}

        def rendered(template: str) -> str:
            return render_to_string(self._templates(template), context)

        sender = self.from_email or settings.DEFAULT_FROM_EMAIL
        headers = {
            # Why: so that a letter that arrives twice can be told.
            "Message-ID": make_msgid(domain=parseaddr(sender)[1].rpartition("@")[2] or None),
            # Why: so nobody's holiday answers it (RFC 3834, 5).
            "Auto-Submitted": "auto-generated",
        }
        subject = " ".join(rendered("subject.txt").split())
        mail = EmailMultiAlternatives(subject, rendered("letter.txt"), sender, [to], headers=headers)
        mail.attach_alternative(rendered("letter.html"), "text/html")
        return mail

    def _templates(self, template: str) -> list[str]:
        return [f"cattlegrid/email/{self.purpose.name}/{template}", f"cattlegrid/email/{template}"]

    def _letters(self) -> Letters:
        return site().letters.of(self.purpose)


def _with(response: HttpResponse, headers: Mapping[str, str]) -> HttpResponse:
    for name, value in headers.items():
        response[name] = value
    return response


def _closing(work: Callable[..., Any]) -> Callable[..., Any]:
    """The same in a thread of its own, where no end of a request closes its connections to databases."""

    @functools.wraps(work)
    def closing(*args: Any) -> Any:
        try:
            return work(*args)
        finally:
            connections.close_all()

    return closing
