"""Letters that ask whether an address is somebody's, and the links in them."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass
from typing import Optional, TypeVar
from urllib.parse import urlsplit

from cattlegrid import (
    ConfigurationError,
    EmailLinks,
    EmailSubject,
    LetterLimits,
    Unavailable,
    email_address,
)
from cattlegrid._site.delivery import Make, Send, deliver, deliver_now
from cattlegrid._site.once import Once
from cattlegrid._site.outbox import outbox
from cattlegrid._site.rates import Steps
from cattlegrid._site.settings import Settings
from cattlegrid._site.verification import unavailable

_log = logging.getLogger("cattlegrid")

_Letter = TypeVar("_Letter")

SubjectOf = Callable[[str], Optional[str]]
"""Given an address: what its link is to bring back, such as the account's id. None for no letter."""


PAGE_HEADERS = {
    "Cache-Control": "no-store",
    # Why: the page's address is a key. With `no-referrer` browsers would hide the origin of its form, too,
    # and what guards a site against forged requests would refuse that.
    "Referrer-Policy": "strict-origin",
}
"""What the page that links lead to is sent with."""


@dataclass(frozen=True)
class Purpose:
    """What addresses are confirmed for. Raises nothing: the first letter tells what will not do."""

    name: str
    """Of its own for each, 1 to 53 of `a-z 0-9 - _`."""
    page: str
    """The whole address of the page that links lead to, as the site is configured: never made from a
    request, whose sender writes its `Host`.
    """
    lifetime: float = 86_400.0
    """How long a link works, in seconds: a minute to 30 days."""
    by_client: str = "10/1h"
    """How many letters a client may ask for."""
    by_address: str = "3/1h"
    """How many an address may get."""


class Letters:
    """The letters of one purpose. Safe to share, and to make before a server forks its workers."""

    def __init__(self, settings: Settings, purpose: Purpose) -> None:
        """Raises `ConfigurationError`."""
        if settings.site_name == Settings.site_name:
            raise ConfigurationError("CATTLEGRID: SITE_NAME is missing; letters say whom they are from")
        parts = urlsplit(purpose.page)
        if parts.scheme not in ("http", "https") or not parts.netloc or parts.fragment:
            raise ConfigurationError(
                f"the page of {purpose.name} must be a whole address such as https://shop.example/confirm"
            )
        self._settings = settings
        self._page = purpose.page
        self._steps = Steps(settings)
        self._links = EmailLinks(
            f"{settings.site_name} {purpose.name}",
            secret=settings.sealing,
            store=settings.store,
            lifetime=purpose.lifetime,
        )
        self._limits = LetterLimits(
            purpose.name,
            secret=settings.sealing,
            store=settings.store,
            by_client=purpose.by_client,
            by_address=purpose.by_address,
        )

    @property
    def site_name(self) -> str:
        """Whom they are from."""
        return self._settings.site_name

    @property
    def lifetime(self) -> float:
        """How long a link works, in seconds."""
        return self._links.lifetime

    def admit(self, client: str | None, given: str) -> str:
        """The address to write to, if a letter may go to it. Nothing is looked up.

        Raises `Refused` for what is no address, `Limited`, and `Unavailable` when too many letters wait.
        """
        _refuse_if_full()
        self._steps.taken(self._limits, self._limits.check(client, given))
        return email_address(given)

    async def admit_async(self, client: str | None, given: str) -> str:
        """`admit` for asynchronous callers, on the running asyncio loop."""
        _refuse_if_full()
        self._steps.taken(self._limits, await self._limits.check_async(client, given))
        return email_address(given)

    def link(self, to: str, subject: str) -> str:
        """What is to be sent to the address, and to nobody else."""
        return self._links.make(to, subject).to(self._page)

    @property
    def at_once(self) -> bool:
        """Whether letters are sent before the answer: for a test suite, which looks for them then."""
        return self._settings.testing

    def hand_over(self, make: Make[_Letter], send: Send[_Letter]) -> None:
        """Has a letter made and sent after the answer, which waits for neither: so it is the same, and as
        fast, whatever is found out of the address.
        """
        if self.at_once:
            deliver_now(make, send)
        elif not outbox().put(lambda: deliver(make, send)):
            _log.error("a letter was not made: no more are taken for now")

    def look(self, token: str) -> EmailSubject:
        """What a link would confirm. For the page that it leads to. Raises `Refused`."""
        return self._links.look(token)

    def confirm(self, token: str) -> EmailSubject:
        """Confirms the link's address, once. For what the page's button sends. Raises `Refused` and
        `Unavailable`.
        """
        try:
            return self._links.confirm(token)
        except Unavailable as error:
            raise _logged(error) from None

    async def confirm_async(self, token: str) -> EmailSubject:
        """`confirm` for asynchronous callers, on the running asyncio loop."""
        try:
            return await self._links.confirm_async(token)
        except Unavailable as error:
            raise _logged(error) from None


class AllLetters:
    """The letters of all purposes of one site. Cheap to make, and safe to share."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._known: dict[Purpose, Once[Letters]] = {}

    def of(self, purpose: Purpose) -> Letters:
        """Those of this one. Raises `ConfigurationError`."""
        known = self._known.setdefault(purpose, Once(lambda: Letters(self._settings, purpose)))
        return known.get()


def _refuse_if_full() -> None:
    if outbox().is_full:
        _log.error("a letter was refused because too many are waiting")
        raise unavailable("overloaded")


def _logged(error: Unavailable) -> Unavailable:
    _log.error("an address was not confirmed because nobody could decide: %s", error.code)
    return error
