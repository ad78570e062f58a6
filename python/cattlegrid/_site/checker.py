"""What decides about a token: a provider's verifier, or a gate as if it were one."""

from __future__ import annotations

from collections.abc import Awaitable
from typing import Protocol

from cattlegrid import Chain, Gate, Passed, Verifier
from cattlegrid._site.settings import GATE, Settings


class Checker(Protocol):
    """As `cattlegrid.Chain` has it."""

    def verify(self, token: str, *, field: str | None, remote_ip: str | None, action: str | None) -> Passed:
        """Decides, and spends the token."""

    def verify_async(
        self, token: str, *, field: str | None, remote_ip: str | None, action: str | None
    ) -> Awaitable[Passed]:
        """`verify` for asynchronous callers."""

    def shown(self) -> Settings:
        """The settings of the provider whose widget a page shows now."""


class GateChecker:
    """A gate. It has no use for the visitor's address, and there is no field but its own."""

    def __init__(self, settings: Settings) -> None:
        self.gate = _gate(settings)
        self._settings = settings

    def verify(
        self,
        token: str,
        *,
        field: str | None,  # noqa: ARG002
        remote_ip: str | None,  # noqa: ARG002
        action: str | None,
    ) -> Passed:
        """Decides, and spends the token."""
        return self.gate.verify(token, action=action or self._settings.action)

    def verify_async(
        self,
        token: str,
        *,
        field: str | None,  # noqa: ARG002
        remote_ip: str | None,  # noqa: ARG002
        action: str | None,
    ) -> Awaitable[Passed]:
        """`verify` for asynchronous callers."""
        return self.gate.verify_async(token, action=action or self._settings.action)

    def shown(self) -> Settings:
        """The gate's: it is always there."""
        return self._settings


class ProviderChecker:
    """The provider of the settings, and its fallback."""

    def __init__(self, settings: Settings) -> None:
        self._of = {_verifier(link, settings.store): link for link in settings.links}
        chain = Chain([*self._of], when_unreachable=settings.when_unreachable)
        self.verify = chain.verify
        self.verify_async = chain.verify_async
        self._current = chain.current

    def shown(self) -> Settings:
        """Those of the first that can be reached, which may take as long as a check."""
        return self._of[self._current()]


def make(settings: Settings) -> Checker:
    """The one for these settings. Raises `ConfigurationError` for what the core refuses."""
    return GateChecker(settings) if settings.provider == GATE else ProviderChecker(settings)


def _verifier(settings: Settings, store: str) -> Verifier:
    return Verifier(
        settings.provider,  # type: ignore[arg-type]  # never a gate
        secret_key=settings.secret_keys[0],
        store=store,
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
        minimum_score=settings.minimum_score,
    )
