"""What decides about a token: the provider of the settings and its fallback, of which a gate may be one."""

from __future__ import annotations

from collections.abc import Awaitable

from cattlegrid import Chain, Gate, Passed, Verifier
from cattlegrid._site.settings import GATE, Settings


class Checker:
    """Made once. Raises `ConfigurationError` for settings that the core refuses."""

    def __init__(self, settings: Settings) -> None:
        self._action = settings.action
        self._of = {_link(link, settings.store): link for link in settings.links}
        self._chain = Chain([*self._of], when_unreachable=settings.when_unreachable)

    @property
    def gate(self) -> Gate | None:
        """The engine in this process, if it is one of them."""
        return next((link for link in self._of if isinstance(link, Gate)), None)

    def verify(self, token: str, *, field: str | None, remote_ip: str | None, action: str | None) -> Passed:
        """Decides, and spends the token. `action` stands in for the one of the settings."""
        return self._chain.verify(token, field=field, remote_ip=remote_ip, action=action or self._action)

    def verify_async(
        self, token: str, *, field: str | None, remote_ip: str | None, action: str | None
    ) -> Awaitable[Passed]:
        """`verify` for asynchronous callers."""
        action = action or self._action
        return self._chain.verify_async(token, field=field, remote_ip=remote_ip, action=action)

    def shown(self) -> Settings:
        """The settings of the first that can be reached, which may take as long as a check to find out."""
        return self._of[self._chain.current()]


def _link(settings: Settings, store: str) -> Verifier | Gate:
    if settings.provider == GATE:
        return _gate(settings, store)
    return Verifier(
        settings.provider,
        secret_key=settings.secret_keys[0],
        store=store,
        site_key=settings.site_key,
        url=settings.siteverify,
        hostnames=settings.hostnames,
        action=settings.action,
        minimum_score=settings.minimum_score,
        timeout=settings.timeout,
    )


def _gate(settings: Settings, store: str) -> Gate:
    return Gate(
        secret=settings.secret_keys,
        store=store,
        kinds=settings.kinds,
        style=settings.style,
        hostnames=settings.hostnames,
        challenge_ttl=settings.challenge_ttl,
        token_ttl=settings.token_ttl,
        minimum_score=settings.minimum_score,
    )
