"""The check of a response token. Whoever calls it gets a `Verification`, or an exception that stops the
request.
"""

from __future__ import annotations

import logging
import threading

from cattlegrid import ConfigurationError, Gate, Refused, Unavailable
from cattlegrid._site import staged
from cattlegrid._site.checker import Checker, GateChecker, make
from cattlegrid._site.settings import Settings
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
        self._lock = threading.Lock()
        self._checker: Checker | None = None

    @property
    def site_key(self) -> str:
        """The public key, for the widget. Raises `ConfigurationError`."""
        return self.settings.site_key or self.gate.site_key

    @property
    def gate(self) -> Gate:
        """The engine in this process. Raises `ConfigurationError`, and for every provider but `gate`."""
        checker = self.prepare()
        if isinstance(checker, GateChecker):
            return checker.gate
        raise ConfigurationError(f"CATTLEGRID: PROVIDER is {self.settings.provider}, and this needs gate")

    def prepare(self) -> Checker:
        """Makes what checks, unless it is made. Raises `ConfigurationError` for settings that the core
        refuses.
        """
        with self._lock:
            if self._checker is None:
                self._checker = make(self.settings)
            return self._checker

    def check(
        self, token: object, *, remote_ip: str | None = None, action: str | None = None
    ) -> Verification:
        """Checks what a request sent as its response token, of whatever type and length, and spends it.

        `action` stands in for the one of the settings. Raises `Missing`, `Refused` and `Unavailable`.
        """
        outcome = staged.outcome(self.settings)
        if outcome is not None:
            return self._play(outcome)
        text = _readable(token)
        try:
            return Verification.of(self.prepare().verify(text, remote_ip=remote_ip, action=action))
        except (Refused, Unavailable, ConfigurationError) as error:
            self._raise_unless_lenient(error)
        self.prepare().claim(text)
        return self._undecided()

    async def check_async(
        self, token: object, *, remote_ip: str | None = None, action: str | None = None
    ) -> Verification:
        """`check` for asynchronous callers, on the running asyncio loop, which goes on meanwhile."""
        outcome = staged.outcome(self.settings)
        if outcome is not None:
            return self._play(outcome)
        text = _readable(token)
        try:
            verify = self.prepare().verify_async
            return Verification.of(await verify(text, remote_ip=remote_ip, action=action))
        except (Refused, Unavailable, ConfigurationError) as error:
            self._raise_unless_lenient(error)
        await self.prepare().claim_async(text)
        return self._undecided()

    def misconfigured(self, error: ConfigurationError) -> Unavailable:
        """Logs what only the operator can mend. A visitor is told that nobody could decide."""
        _log.error("requests are refused because the settings cannot be used: %s", error)
        return unavailable("misconfigured")

    def _play(self, outcome: staged.Outcome) -> Verification:
        try:
            return outcome(self.settings.provider)
        except (Refused, Unavailable) as error:
            self._raise_unless_lenient(error)
        return self._undecided()

    def _raise_unless_lenient(self, error: Refused | Unavailable | ConfigurationError) -> None:
        if isinstance(error, ConfigurationError):
            raise self.misconfigured(error)
        if isinstance(error, Refused):
            if not _OF_OUR_KEYS.isdisjoint(error.codes):
                codes = ", ".join(error.codes)
                _log.error("%s refuses this site's SITE_KEY or SECRET_KEY: %s", self.settings.provider, codes)
            raise error
        # Why: a store that fails cannot tell a token that is spent, and a broken answer may be the doing of a
        # visitor who sent a strange token.
        if self.settings.when_unreachable != "allow" or error.code != "provider-unreachable":
            _log.error("a request was refused because nobody could decide: %s", error.code)
            raise error

    def _undecided(self) -> Verification:
        _log.warning("a request was let through because %s cannot be reached", self.settings.provider)
        return Verification(self.settings.provider, decided=False)


def _readable(token: object) -> str:
    """The token as a text that a provider may have issued."""
    if not isinstance(token, str) or not token.strip():
        raise Missing("the request carries no response token")
    if not token.isascii() or len(token) > _LONGEST_TOKEN:
        raise refused("invalid-input-response")
    return token
