"""How often somebody may come."""

from __future__ import annotations

import logging
import time
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Protocol, Union

from cattlegrid import LetterLimits, RateDecision, RateLimiter
from cattlegrid._site import staged
from cattlegrid._site.once import Once
from cattlegrid._site.settings import Settings
from cattlegrid._site.verification import Limited

_log = logging.getLogger("cattlegrid")

_QUIET = 60.0


class Steps:
    """What comes of the steps that are taken against limits."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._seen = 0
        self._told_at = float("-inf")

    def taken(self, limits: RateLimiter | LetterLimits, decision: RateDecision) -> RateDecision:
        """The decision. Tells the log, once in a while, that the store cannot count. Raises `Limited`."""
        self._watch(limits)
        if decision.refused and not staged.layers_pass(self._settings):
            raise Limited(decision)
        return decision

    def _watch(self, limits: RateLimiter | LetterLimits) -> None:
        fallbacks, now = limits.fallbacks, time.monotonic()
        if fallbacks > self._seen and now - self._told_at > _QUIET:
            self._told_at = now
            _log.warning("the store cannot count; rate limits go by each process's own counters until it can")
        self._seen = fallbacks


@dataclass(frozen=True)
class Client:
    """Whoever is at an address. All whose address nobody can tell (None) are one."""

    address: str | None = field(repr=False)


Subject = Union[Client, str]
"""Whom a limit counts: a client, or what a site tells its visitors apart by otherwise."""


class Limit:
    """One limit of a site. Cheap to make: its counters are made at the first step, once. Safe to share."""

    def __init__(self, settings: Settings, name: str, quota: str) -> None:
        self.quota = quota
        self._steps = Steps(settings)
        self._limiter = Once(lambda: RateLimiter(name, quota, secret=settings.sealing, store=settings.store))

    def prepare(self) -> RateLimiter:
        """Makes what counts, unless it is made. Raises `ConfigurationError`."""
        return self._limiter.get()

    def check(self, subject: Subject) -> RateDecision:
        """Takes a step. Raises `Limited`."""
        limiter = self.prepare()
        if isinstance(subject, Client):
            return self._steps.taken(limiter, limiter.check_address(subject.address))
        return self._steps.taken(limiter, limiter.check(subject))

    async def check_async(self, subject: Subject) -> RateDecision:
        """`check` for asynchronous callers, on the running asyncio loop."""
        limiter = self.prepare()
        if isinstance(subject, Client):
            return self._steps.taken(limiter, await limiter.check_address_async(subject.address))
        return self._steps.taken(limiter, await limiter.check_async(subject))


class Headers(Protocol):
    """Of a response, as frameworks have them."""

    def get(self, key: str) -> str | None:
        """What a header says."""

    def __setitem__(self, key: str, value: str) -> None:
        """Says it, once."""


def tell(headers: Headers, decisions: Iterable[RateDecision]) -> None:
    """Adds to the headers of a response how it stands with these limits, beside others that it tells of."""
    for decision in decisions:
        for name, value in decision.headers:
            told = headers.get(name)
            # Why: both fields are lists (RFC 9651), and not every framework has a header twice.
            is_list = told is not None and name.startswith("ratelimit")
            headers[name] = f"{told}, {value}" if is_list else value
