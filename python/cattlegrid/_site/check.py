"""The check of a response token. Whoever calls it gets a `Verification`, or an exception that stops the
request.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Awaitable
from typing import Protocol

from cattlegrid import ConfigurationError, Gate, Passed, Refused, Unavailable, Verifier
from cattlegrid._site import staged
from cattlegrid._site.settings import GATE, Settings
from cattlegrid._site.verification import Missing, Verification, refused

_log = logging.getLogger("cattlegrid")

_LONGEST_TOKEN = 16_384
_OF_OUR_KEYS = frozenset({"missing-input-secret", "invalid-input-secret", "sitekey-secret-mismatch"})


class _Checker(Protocol):
    def verify(self, token: str, *, remote_ip: str | None, action: str | None) -> Passed: ...

    def verify_async(self, token: str, *, remote_ip: str | None, action: str | None) -> Awaitable[Passed]: ...


class _GateChecker:
    """A gate that checks as a verifier does. It has no use for the visitor's address."""

    def __init__(self, gate: Gate, action: str | None) -> None:
        self.gate = gate
        self._action = action

    def verify(self, token: str, *, remote_ip: str | None, action: str | None) -> Passed:
        del remote_ip
        return self.gate.verify(token, action=action or self._action)

    def verify_async(self, token: str, *, remote_ip: str | None, action: str | None) -> Awaitable[Passed]:
        del remote_ip
        return self.gate.verify_async(token, action=action or self._action)


class Captcha:
    """Checks the response tokens of one site.

    Cheap to make: the gate or the provider's client is made at the first use, once. It may be made before a
    server forks its workers, and is safe to share between threads.
    """

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self._lock = threading.Lock()
        self._checker: _Checker | None = None

    @property
    def site_key(self) -> str:
        """The public key, for the widget. Raises `ConfigurationError`."""
        return self.settings.site_key or self.gate.site_key

    @property
    def gate(self) -> Gate:
        """The engine in this process. Raises `ConfigurationError`, and for every provider but `gate`."""
        checker = self.prepare()
        if isinstance(checker, _GateChecker):
            return checker.gate
        raise ConfigurationError(f"CATTLEGRID: PROVIDER is {self.settings.provider}, and this needs gate")

    def prepare(self) -> _Checker:
        """Makes what checks, unless it is made. Raises `ConfigurationError` for settings that the core
        refuses.
        """
        with self._lock:
            if self._checker is None:
                make = _gate if self.settings.provider == GATE else _verifier
                self._checker = make(self.settings)
            return self._checker

    def check(
        self, token: object, *, remote_ip: str | None = None, action: str | None = None
    ) -> Verification:
        """Checks what a request sent as its response token, of whatever type and length, and spends it.

        `action` stands in for the one of the settings. Raises `Missing`, `Refused` and `Unavailable`, and for
        a site that is configured wrongly `ConfigurationError`.
        """
        try:
            outcome = self._staged()
            if outcome:
                return outcome(self.settings.provider)
            return Verification.of(
                self.prepare().verify(_readable(token), remote_ip=remote_ip, action=action)
            )
        except Refused as error:
            self._report(error)
            raise
        except Unavailable as error:
            return self._without_decision(error)

    async def check_async(
        self, token: object, *, remote_ip: str | None = None, action: str | None = None
    ) -> Verification:
        """`check` for asynchronous callers, on the running asyncio loop, which goes on meanwhile."""
        try:
            outcome = self._staged()
            if outcome:
                return outcome(self.settings.provider)
            return Verification.of(
                await self.prepare().verify_async(_readable(token), remote_ip=remote_ip, action=action)
            )
        except Refused as error:
            self._report(error)
            raise
        except Unavailable as error:
            return self._without_decision(error)

    def _staged(self) -> staged.Outcome | None:
        outcome = staged.current()
        if outcome and not self.settings.testing:
            raise ConfigurationError(
                "cattlegrid.testing decides in the place of the provider only where CATTLEGRID says "
                "TESTING: True"
            )
        return outcome

    def _report(self, error: Refused) -> None:
        if not _OF_OUR_KEYS.isdisjoint(error.codes):
            _log.error(
                "%s refuses this site's SITE_KEY or SECRET_KEY: %s",
                self.settings.provider,
                ", ".join(error.codes),
            )

    def _without_decision(self, error: Unavailable) -> Verification:
        # Why: a store that fails cannot tell a token that is spent, and a broken answer may be the doing of a
        # visitor who sent a strange token.
        if self.settings.when_unreachable != "allow" or error.code != "provider-unreachable":
            _log.error("a request was refused because nobody could decide: %s", error.code)
            raise error
        _log.warning("a request was let through without a decision: %s", error.code)
        return Verification(self.settings.provider, decided=False)


def _readable(token: object) -> str:
    """The token as a text that a provider may have issued."""
    if not isinstance(token, str) or not token.strip():
        raise Missing("the request carries no response token")
    if not token.isascii() or len(token) > _LONGEST_TOKEN:
        raise refused("invalid-input-response")
    return token


def _gate(settings: Settings) -> _GateChecker:
    gate = Gate(
        secret=settings.secret_keys,
        store=settings.store,
        kinds=settings.kinds,
        style=settings.style,
        hostnames=settings.hostnames,
        challenge_ttl=settings.challenge_ttl,
        token_ttl=settings.token_ttl,
    )
    return _GateChecker(gate, settings.action)


def _verifier(settings: Settings) -> Verifier:
    return Verifier(
        settings.provider,
        secret_key=settings.secret_keys[0],
        store=settings.store,
        site_key=settings.site_key,
        url=settings.siteverify,
        hostnames=settings.hostnames,
        action=settings.action,
        minimum_score=settings.minimum_score,
        timeout=settings.timeout,
    )
