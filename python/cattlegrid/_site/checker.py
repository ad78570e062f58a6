"""What decides about a token: a provider's verifier, or a gate as if it were one."""

from __future__ import annotations

from collections.abc import Awaitable
from typing import Protocol

from cattlegrid import Gate, Passed, Verifier
from cattlegrid._site.settings import GATE, Settings


class Checker(Protocol):
    """As `cattlegrid.Verifier` has it."""

    def verify(self, token: str, *, remote_ip: str | None, action: str | None) -> Passed:
        """Decides, and spends the token."""

    def verify_async(self, token: str, *, remote_ip: str | None, action: str | None) -> Awaitable[Passed]:
        """`verify` for asynchronous callers."""

    def claim(self, token: str) -> None:
        """Spends the token without deciding."""

    def claim_async(self, token: str) -> Awaitable[None]:
        """`claim` for asynchronous callers."""


class GateChecker:
    """A gate. It has no use for the visitor's address."""

    def __init__(self, gate: Gate, action: str | None) -> None:
        """`action` is that of the settings."""
        self.gate = gate
        self._action = action

    def verify(self, token: str, *, remote_ip: str | None, action: str | None) -> Passed:  # noqa: ARG002
        """Decides, and spends the token."""
        return self.gate.verify(token, action=action or self._action)

    def verify_async(
        self,
        token: str,
        *,
        remote_ip: str | None,  # noqa: ARG002
        action: str | None,
    ) -> Awaitable[Passed]:
        """`verify` for asynchronous callers."""
        return self.gate.verify_async(token, action=action or self._action)

    def claim(self, token: str) -> None:
        """Never: a gate is always there to decide."""
        raise NotImplementedError

    def claim_async(self, token: str) -> Awaitable[None]:
        """Never: a gate is always there to decide."""
        raise NotImplementedError


def make(settings: Settings) -> Checker:
    """The one for these settings. Raises `ConfigurationError` for what the core refuses."""
    if settings.provider == GATE:
        return GateChecker(_gate(settings), settings.action)
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


def _gate(settings: Settings) -> Gate:
    return Gate(
        secret=settings.secret_keys,
        store=settings.store,
        kinds=settings.kinds,
        style=settings.style,
        hostnames=settings.hostnames,
        challenge_ttl=settings.challenge_ttl,
        token_ttl=settings.token_ttl,
    )
