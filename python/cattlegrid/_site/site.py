"""All that a site has by its settings."""

from __future__ import annotations

from functools import cached_property

from cattlegrid import ConfigurationError
from cattlegrid._site.check import Captcha
from cattlegrid._site.letters import AllLetters
from cattlegrid._site.rates import Limit
from cattlegrid._site.settings import Settings
from cattlegrid._site.stamped import StampedForms


class Site:
    """A site's captcha, and the layers around it. Cheap to make, before a server forks its workers too."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.captcha = Captcha(settings)
        self.forms = StampedForms(settings)
        self.letters = AllLetters(settings)
        self._named: dict[str, Limit] = {}

    def limit(self, name: str, quota: str) -> Limit:
        """The limit of this name: one, wherever it holds. Raises `ConfigurationError` for a second quota."""
        limit = self._named.setdefault(name, Limit(self.settings, name, quota))
        if limit.quota != quota:
            raise ConfigurationError(
                f"the rate limit {name} is {limit.quota} in one place and {quota} in another: "
                "what counts by itself has a name of its own"
            )
        return limit

    @cached_property
    def limits(self) -> tuple[Limit, ...]:
        """Those that hold for every request, by client address, in their order."""
        return tuple(self.limit(name, quota) for name, quota in self.settings.rate_limits)

    def client(self, peer: str, forwarded: str) -> str | None:
        """The client's address. None when nobody can tell.

        `peer` is the socket's other end, empty for a Unix socket; `forwarded` the content of the header that
        the settings' proxies write, several lines joined by commas.
        """
        return self.settings.trusted_proxies.client(peer, forwarded)

    def prepare(self) -> None:
        """Makes all that the settings name, unless it is made. Raises `ConfigurationError`."""
        self.captcha.prepare()
        for limit in self.limits:
            limit.prepare()
