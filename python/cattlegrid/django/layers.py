"""The layers that the site's code asks for, so that `manage.py check` can try them all."""

from __future__ import annotations

from typing import Protocol
from weakref import WeakSet

from cattlegrid._site.site import Site


class Layer(Protocol):
    """What is asked for. As a text it is what the site's developer wrote."""

    def prepare(self, site: Site) -> object:
        """Makes what it needs. Raises `ConfigurationError`."""


_noted: WeakSet[Layer] = WeakSet()


def note(layer: Layer) -> None:
    """Has it tried, as long as somebody has a use for it."""
    _noted.add(layer)


def noted() -> list[Layer]:
    """All of them, in the order of what they are called."""
    return sorted(_noted, key=str)
