"""The check of a response token. Whoever calls it gets a `Verification`, or an exception that stops the
request.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager

from cattlegrid import ConfigurationError, Gate, Refused, Unavailable
from cattlegrid._site import staged, widget
from cattlegrid._site.checker import Checker
from cattlegrid._site.once import Once
from cattlegrid._site.settings import GATE, Settings
from cattlegrid._site.token import SentToken
from cattlegrid._site.verification import Missing, Verification, refused, unavailable

_log = logging.getLogger("cattlegrid")

_LONGEST_TOKEN = 16_384
_OF_OUR_KEYS = frozenset({"missing-input-secret", "invalid-input-secret", "sitekey-secret-mismatch"})


class Captcha:
    """Checks the response tokens of one site.

    Cheap to make: the gate or the provider's client is made at the first use, once. It may be made before a
    server forks its workers, and is safe to share between threads.
    """

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self._checker = Once(lambda: Checker(settings))

    @property
    def site_key(self) -> str | None:
        """The public key, for the widget; None where there is none. Raises `ConfigurationError`."""
        return self._site_key(self.settings)

    @property
    def gate(self) -> Gate:
        """The engine in this process. Raises `ConfigurationError`, and where no provider is `gate`."""
        gate = self.prepare().gate
        if gate is None:
            raise ConfigurationError(f"CATTLEGRID: PROVIDER is {self.settings.provider}, and this needs gate")
        return gate

    def prepare(self) -> Checker:
        """Makes what checks, unless it is made. Raises `ConfigurationError` for settings that the core
        refuses.
        """
        return self._checker.get()

    def element(self, attributes: Mapping[str, object] | None = None) -> str:
        """The element that stands in a form now, as `widget.markup` makes it."""
        shown = self._shown()
        return widget.markup(shown, self._site_key(shown), attributes)

    def scripts(self, own: Callable[[str], str]) -> tuple[widget.Script, ...]:
        """The scripts that a page with the element needs, as `widget.scripts` has them."""
        return widget.scripts(self._shown(), own)

    def check(
        self, token: object, *, remote_ip: str | None = None, action: str | None = None
    ) -> Verification:
        """Checks what a request sent as its response token, of whatever type and length, and spends it.

        `token` may be a `SentToken`, which says where it came in. `action` stands in for the one of the
        settings. Raises `Missing`, `Refused` and `Unavailable`.
        """
        outcome = staged.outcome(self.settings)
        if outcome is not None:
            return self._play(outcome)
        text, field = _readable(token)
        with self._logging():
            passed = self.prepare().verify(text, field=field, remote_ip=remote_ip, action=action)
        return self._noted(Verification.of(passed))

    async def check_async(
        self, token: object, *, remote_ip: str | None = None, action: str | None = None
    ) -> Verification:
        """`check` for asynchronous callers, on the running asyncio loop, which goes on meanwhile."""
        outcome = staged.outcome(self.settings)
        if outcome is not None:
            return self._play(outcome)
        text, field = _readable(token)
        with self._logging():
            verify = self.prepare().verify_async
            passed = await verify(text, field=field, remote_ip=remote_ip, action=action)
        return self._noted(Verification.of(passed))

    def misconfigured(self, error: ConfigurationError) -> Unavailable:
        """Logs what only the operator can mend. A visitor is told that nobody could decide."""
        _log.error("requests are refused because the settings cannot be used: %s", error)
        return unavailable("misconfigured")

    def _site_key(self, settings: Settings) -> str | None:
        return self.gate.site_key if settings.provider == GATE else settings.site_key

    def _shown(self) -> Settings:
        """The settings of the provider whose widget a page shows now."""
        # Why not while testing: a test suite has no network.
        if self.settings.fallback is None or self.settings.testing:
            return self.settings
        return self.prepare().shown()

    def _play(self, outcome: staged.Outcome) -> Verification:
        with self._logging():
            try:
                return outcome(self.settings.provider)
            except Unavailable as error:
                if self.settings.when_unreachable != "allow" or error.code != "provider-unreachable":
                    raise
        return self._noted(Verification(self.settings.provider, decided=False))

    @contextmanager
    def _logging(self) -> Iterator[None]:
        """Logs what stops a request, as far as the operator has to know."""
        try:
            yield
        except ConfigurationError as error:
            raise self.misconfigured(error) from None
        except Refused as error:
            if not _OF_OUR_KEYS.isdisjoint(error.codes):
                providers = " or ".join(link.provider for link in self.settings.links)
                codes = ", ".join(error.codes)
                _log.error("%s refuses this site's SITE_KEY or SECRET_KEY: %s", providers, codes)
            raise
        except Unavailable as error:
            _log.error("a request was refused because nobody could decide: %s", error.code)
            raise

    def _noted(self, found: Verification) -> Verification:
        if not found.decided:
            _log.warning("a request was let through because %s cannot be reached", found.provider)
        return found


def _readable(token: object) -> tuple[str, str | None]:
    """The token as a text that a provider may have issued, and the field that it came in."""
    text, field = SentToken.of(token)
    if not isinstance(text, str) or not text.strip():
        raise Missing("the request carries no response token")
    if not text.isascii() or len(text) > _LONGEST_TOKEN:
        raise refused("invalid-input-response")
    return text, field
